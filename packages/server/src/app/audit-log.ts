import { checkLog, describeFindings, growTree, keepCheckpoint, openLogKey } from "../audit/index.ts";
import type { DatabaseVerdict, LogKey } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Clock, Config, Logger } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

interface LogHouse {
  readonly config: Pick<Config, "home">;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** told when the log is not as it was written */
  readonly raise: (alert: { key: string; title: string; text: string; severity: 1 }) => Promise<void>;
}

/** The newest check of the whole log. */
export interface LogCheck {
  readonly at: string;
  readonly intact: boolean;
  readonly entries: number;
  /** sentences, the first ones */
  readonly findings: readonly string[];
}

/** The log over every event and act: it grows, is signed, kept outside the database, and checked. */
export interface AuditLog {
  /** Appends what was committed since. */
  grow(): Promise<void>;
  /** Keeps the newest checkpoint in the home; an alert says when the log does not go on from the one before. */
  keep(): Promise<void>;
  /** Derives everything anew; an alert says what is not as it was logged. */
  check(): Promise<DatabaseVerdict>;
  /** Checks once a day, the first time ten minutes after the start. */
  checkIfDue(): Promise<void>;
  readonly lastCheck: LogCheck | null;
  /** signs the checkpoints, and what retention archives and deletes */
  readonly logKey: LogKey;
}

const CHECK_EVERY_MS = 24 * 60 * 60_000;
const FIRST_CHECK_MS = 10 * 60_000;
const FINDINGS_TOLD = 10;

export function openAuditLog(house: LogHouse): AuditLog {
  return new HouseAuditLog(house, openLogKey(house.config.home));
}

class HouseAuditLog implements AuditLog {
  lastCheck: LogCheck | null = null;
  readonly #house: LogHouse;
  readonly logKey: LogKey;
  #dueMs: number;
  #hasForked = false;

  constructor(house: LogHouse, logKey: LogKey) {
    this.#house = house;
    this.logKey = logKey;
    this.#dueMs = house.clock.monotonicMs() + FIRST_CHECK_MS;
  }

  async grow(): Promise<void> {
    const { database, clock } = this.#house;
    for (let mayBeMore = true; mayBeMore;) ({ mayBeMore } = await growTree({ database, clock, logKey: this.logKey }));
  }

  async keep(): Promise<void> {
    const { database, config } = this.#house;
    const hasForked = !(await keepCheckpoint({ database, home: config.home }));
    if (hasForked && !this.#hasForked) {
      await this.#raise(["the log does not go on from the checkpoint that this home keeps in log/checkpoint"]);
    }
    this.#hasForked = hasForked;
  }

  async check(): Promise<DatabaseVerdict> {
    const { database, clock, config } = this.#house;
    this.#dueMs = clock.monotonicMs() + CHECK_EVERY_MS;
    const verdict = await checkLog({ database, home: config.home, logKey: this.logKey });
    const findings = describeFindings(verdict, FINDINGS_TOLD);
    this.lastCheck = { at: toIso(clock.now()), intact: verdict.intact, entries: verdict.size, findings };
    if (!verdict.intact) await this.#raise(findings);
    return verdict;
  }

  async checkIfDue(): Promise<void> {
    if (this.#house.clock.monotonicMs() >= this.#dueMs) await this.check();
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
