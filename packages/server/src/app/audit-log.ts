import type { Actor, ShipmentView } from "@firebreak/protocol";
import { sql } from "kysely";
import {
  acceptCosignatures,
  askWitnesses,
  describeFindings,
  dropCheckState,
  endOverlap,
  isTreeBehind,
  keepCheckpoint,
  keepCheckState,
  keepLastCheck,
  openLogKey,
  readCheckState,
  readLastCheck,
  recordAudit,
  rotateKey,
  settleRotation,
  viewWitnesses,
} from "../audit/index.ts";
import type { DatabaseVerdict, LogCheck, LogKey, RotatedKey, WitnessedView } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Clock, Config, Logger, Profile, ReadSecret } from "../kernel/index.ts";
import type { Bookkeeper } from "./bookkeeping/bookkeeper.ts";
import type { Daemon } from "./daemons.ts";
import { checkInThread } from "./log-check/check-in-thread.ts";
import type { CheckThread } from "./log-check/check-in-thread.ts";
import type { CheckTask } from "./log-check/messages.ts";
import { shipHeads, viewShipments } from "./ship/ship-heads.ts";
import { sendThroughChannel } from "./ship/through-channel.ts";
import type { OutgoingMail } from "./ship/through-channel.ts";
import { inTransaction, laterFlag } from "../storage/index.ts";
import type { Database, DueCondition } from "../storage/index.ts";

interface LogHouse {
  readonly config: Pick<Config, "home" | "databaseUrl">;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly profile: Pick<Profile, "audit" | "channels">;
  readonly readSecret: ReadSecret;
  readonly bookkeeper: Pick<Bookkeeper, "work">;
  /** told when the log is not as it was written, or when nobody outside can say so */
  readonly raise: (alert: { key: string; title: string; text: string; severity: 1 | 2 }) => Promise<void>;
  /** ends such an alert */
  readonly settle: (key: string) => Promise<void>;
}

/** The log over every event and act: it grows, is signed, kept outside the database, and checked. */
export interface AuditLog {
  /** Appends what was committed since. */
  grow(): Promise<void>;
  /** whether there may be something to append */
  readonly isBehind: DueCondition;
  /** Keeps the newest checkpoint in the home; an alert says when the log does not go on from the one before. */
  keep(): Promise<void>;
  /**
   * Derives everything anew, in a thread; an alert says what is not as it was logged.
   *
   * @param trusted checkpoints that were kept elsewhere
   * @throws FirebreakError `too_many_requests` while as many run as may
   */
  check(trusted?: readonly string[]): Promise<DatabaseVerdict>;
  /**
   * Checks once a day, the first time ten minutes after the start, beside other work: two thirds of the time it rests. What is cut
   * off by the end of the process is taken up by the next.
   */
  checkIfDue(stopping: AbortSignal): Promise<void>;
  /** how far the check of the day has come; null while there is none */
  readonly checking: { readonly done: number; readonly size: number } | null;
  /** Has the key hand over to a new one; both sign for some days. */
  rotateKey(actor: Actor, overlapDays: number): Promise<Omit<RotatedKey, "logKey">>;
  /** Asks the witnesses of the profile for cosignatures; an alert says when one contradicts, or none was had for long. */
  askWitnesses(): Promise<void>;
  /** @returns the names of witnesses whose cosignatures stand under the checkpoint and were kept */
  acceptCosignatures(actor: Actor, checkpoint: string): Promise<string[]>;
  /** @returns undefined when the profile names no witness */
  witnesses(): Promise<WitnessedView | undefined>;
  /** Sends checkpoints where the profile wants them; an alert says of a place that is behind for long. */
  ship(): Promise<readonly ShipmentView[]>;
  /** Sends the newest one everywhere, because somebody asks for it. */
  shipNow(actor: Actor): Promise<readonly ShipmentView[]>;
  /** @returns how far each place of the profile has come */
  shipments(): Promise<readonly ShipmentView[]>;
  readonly lastCheck: LogCheck | null;
  /** signs the checkpoints, and what retention archives and deletes */
  readonly logKey: LogKey;
}

const CHECK_EVERY_MS = 24 * 60 * 60_000;
const FIRST_CHECK_MS = 10 * 60_000;
const FINDINGS_TOLD = 10;
const HOUR_MS = 60 * 60_000;
/** Checks that people ask for at once; each reads everything there is. */
const ASKED_MAX = 2;
const NEVER = new AbortController().signal;

const DAEMON: Actor = { kind: "daemon", id: "audit-log", name: "Firebreak" };

export function openAuditLog(house: LogHouse): AuditLog {
  return new HouseAuditLog(house, openLogKey(house.config.home));
}

export function logDaemons(log: AuditLog): Daemon[] {
  return [
    { name: "audit log", everyMs: 250, due: log.isBehind, run: () => log.grow() },
    { name: "kept checkpoint", everyMs: 10_000, run: () => log.keep() },
    { name: "checkpoints to ship", everyMs: 10_000, run: () => log.ship() },
    { name: "witnesses of the audit log", everyMs: 10_000, run: () => log.askWitnesses() },
    { name: "check of the audit log", everyMs: 60_000, run: (stopping) => log.checkIfDue(stopping) },
  ];
}

class HouseAuditLog implements AuditLog {
  lastCheck: LogCheck | null;
  checking: { readonly done: number; readonly size: number } | null = null;
  readonly #house: LogHouse;
  logKey: LogKey;
  #isSettled = false;
  /** the key changes between two growths, never within one */
  #busy: Promise<unknown> = Promise.resolve();
  #dueMs: number;
  #hasForked = false;
  /** checks that people wait for */
  #asked = 0;
  /** places whose alert is open */
  readonly #late = new Set<string>();
  readonly #openedMs: number;

  constructor(house: LogHouse, logKey: LogKey) {
    this.#house = house;
    this.logKey = logKey;
    this.lastCheck = readLastCheck(house.config.home);
    this.#openedMs = house.clock.now();
    this.#dueMs = house.clock.monotonicMs() + FIRST_CHECK_MS;
  }

  readonly isBehind: DueCondition = (kysely, now) =>
    sql<boolean>`${laterFlag(() => !this.#isSettled)} or ${isTreeBehind(kysely, now)}`;

  grow(): Promise<void> {
    return this.#alone(async () => {
      while (await this.#house.bookkeeper.work("log"));
    });
  }

  rotateKey(actor: Actor, overlapDays: number): Promise<Omit<RotatedKey, "logKey">> {
    return this.#alone(async () => {
      const { logKey, ...told } = await rotateKey({ ...this.#keyContext(), actor }, overlapDays);
      this.logKey = logKey;
      return told;
    });
  }

  async keep(): Promise<void> {
    const { database, config } = this.#house;
    const hasForked = !(await keepCheckpoint({ database, home: config.home }));
    if (hasForked && !this.#hasForked) {
      await this.#raise(["the log does not go on from the checkpoint that this home keeps in log/checkpoint"]);
    }
    this.#hasForked = hasForked;
    if (this.logKey.before === undefined) return;
    await this.#alone(async () => {
      this.logKey = await endOverlap(this.#keyContext());
    });
  }

  async check(trusted: readonly string[] = []): Promise<DatabaseVerdict> {
    if (this.#asked >= ASKED_MAX) {
      const message = `${ASKED_MAX} checks of the log run already. Wait for one to end.`;
      throw new FirebreakError("too_many_requests", message, { retryAfterSeconds: 30 });
    }
    this.#asked += 1;
    let verdict: DatabaseVerdict;
    try {
      verdict = await this.#derive({ trusted }, { signal: NEVER });
    } finally {
      this.#asked -= 1;
    }
    // what somebody brings may be of another log: that is theirs to judge
    if (trusted.length > 0) return verdict;
    await this.#tell(verdict);
    return verdict;
  }

  async checkIfDue(stopping: AbortSignal): Promise<void> {
    const { clock, config } = this.#house;
    if (clock.monotonicMs() < this.#dueMs) return;
    try {
      const resume = readCheckState(config.home, clock.now());
      const verdict = await this.#derive(
        { resume, isCalm: true },
        {
          signal: stopping,
          onProgress: ({ done, size, state }) => {
            this.checking = { done, size };
            if (state !== undefined) keepCheckState(config.home, { at: clock.now(), ...state });
          },
        },
      );
      dropCheckState(config.home);
      await this.#tell(verdict);
    } catch (fault) {
      if (!stopping.aborted) throw fault;
    } finally {
      this.checking = null;
    }
  }

  #derive(
    { trusted = [], resume, isCalm = false }: Partial<Pick<CheckTask, "trusted" | "resume" | "isCalm">>,
    thread: CheckThread,
  ): Promise<DatabaseVerdict> {
    const { clock, config } = this.#house;
    if (trusted.length === 0) this.#dueMs = clock.monotonicMs() + CHECK_EVERY_MS;
    const { home, databaseUrl } = config;
    const { publicKey, before } = this.logKey;
    const keys = { publicKey, before: before?.publicKey };
    return checkInThread({ home, databaseUrl, keys, trusted, resume, isCalm }, thread);
  }

  async #tell(verdict: DatabaseVerdict): Promise<void> {
    const findings = describeFindings(verdict, FINDINGS_TOLD);
    const at = toIso(this.#house.clock.now());
    this.lastCheck = { at, intact: verdict.intact, entries: verdict.size, findings };
    keepLastCheck(this.#house.config.home, this.lastCheck);
    if (!verdict.intact) await this.#raise(findings);
  }

  async askWitnesses(): Promise<void> {
    const { clock, profile, raise } = this.#house;
    const contradictions = await askWitnesses(this.#witnessContext());
    if (contradictions.length > 0) await this.#raise(contradictions);
    const view = await this.witnesses();
    if (view === undefined) return;
    const sinceMs = view.witnessedAt === null ? this.#openedMs : Date.parse(view.witnessedAt);
    const { witnessHours } = profile.audit;
    if (view.size >= view.logSize || clock.now() - sinceMs < witnessHours * HOUR_MS) return;
    const problems = view.witnesses.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`]));
    await raise({
      key: "audit_log_not_witnessed",
      title: "No witness vouches for the audit log",
      text: [`For ${witnessHours} h no checkpoint was cosigned by ${view.required} witness(es).`, ...problems].join(
        "\n",
      ),
      severity: 2,
    });
  }

  acceptCosignatures(actor: Actor, checkpoint: string): Promise<string[]> {
    return acceptCosignatures({ ...this.#witnessContext(), actor }, checkpoint);
  }

  witnesses(): Promise<WitnessedView | undefined> {
    return viewWitnesses(this.#witnessContext());
  }

  async shipNow(actor: Actor): Promise<readonly ShipmentView[]> {
    const { database, clock } = this.#house;
    await inTransaction(database, (trx) =>
      recordAudit(trx, { at: clock.now(), actor, action: "audit.ship", target: null, detail: {} }),
    );
    await shipHeads(this.#shippingContext(), true);
    return this.ship();
  }

  async ship(): Promise<readonly ShipmentView[]> {
    await shipHeads(this.#shippingContext());
    const views = await this.shipments();
    for (const { name, isLate, problem } of views) {
      const key = `audit_log_not_shipped_${name}`;
      if (!isLate && this.#late.delete(name)) await this.#house.settle(key);
      if (!isLate || this.#late.has(name)) continue;
      this.#late.add(name);
      const text =
        `${name} has not got the newest checkpoint for longer than the profile allows. ${problem ?? ""}`.trim();
      await this.#house.raise({ key, title: `The audit log is not kept in ${name}`, text, severity: 2 });
    }
    return views;
  }

  shipments(): Promise<readonly ShipmentView[]> {
    return viewShipments(this.#shippingContext());
  }

  #shippingContext() {
    const { database, clock, profile, readSecret } = this.#house;
    const sendMail = (channel: string, mail: OutgoingMail) => sendThroughChannel(this.#house, channel, mail);
    return { database, clock, readSecret, places: profile.audit.ship, sendMail };
  }

  #witnessContext() {
    const { database, clock, profile } = this.#house;
    return { database, clock, settings: profile.audit };
  }

  #keyContext() {
    const { database, clock, config } = this.#house;
    return { database, clock, home: config.home, actor: DAEMON, logKey: this.logKey };
  }

  async #alone<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#busy.then(async () => {
      if (!this.#isSettled) this.logKey = await settleRotation(this.#keyContext());
      this.#isSettled = true;
      return act();
    });
    this.#busy = mine.catch(() => undefined);
    return mine;
  }

  async #raise(findings: readonly string[]): Promise<void> {
    this.#house.logger.error("the audit log is not as it was written", { findings: findings.join("; ") });
    await this.#house.raise({
      key: "audit_log_broken",
      title: "The audit log is not as it was written",
      text: `${findings.join("\n")}\nExport it with \`firebreak audit export\`, keep the export, and find out who could write to the database.`,
      severity: 1,
    });
  }
}
