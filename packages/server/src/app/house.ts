import type { Bookkeeper } from "./bookkeeping/bookkeeper.ts";
import type { AuditLog } from "./audit-log.ts";
import type { Actor } from "@firebreak/protocol";
import { ledgerDirOf } from "@firebreak/sdk/ledger";
import { answerLinks } from "./answer-links.ts";
import type { AttemptLimit, Authenticator, PasswordHasher } from "../access/index.ts";
import type { Effector } from "../containment/index.ts";
import type { Detector } from "../detection/index.ts";
import type { Guard } from "../guard/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import type { Canary } from "./canary/types.ts";
import type { Clock, Config, FileProblem, Logger, NewId, Profile, ReadSecret, SigningKey } from "../kernel/index.ts";
import type { IndicatorWatch } from "../indicators/index.ts";
import type { GateFeed, Killswitch, KillswitchPolicy } from "../killswitch/index.ts";
import type { Collections } from "./evidence/under-way.ts";
import type { RemoteStops } from "./killswitch/remote-stops.ts";
import type { NotifyContext } from "../notify/index.ts";
import type { LoadedPlaybooks } from "../playbooks/index.ts";
import type { ErasureScope, Originals } from "../originals/index.ts";
import { findHoldsOnOriginals } from "../retention/index.ts";
import type { Redactor } from "../redaction/index.ts";
import type { PolicyKeeper } from "../policies/index.ts";
import type { SourceDirectory } from "../senders/index.ts";
import type { Database, DurableWork } from "../storage/index.ts";
import type { FieldMapSet, Intake, Syslog, Tails } from "../telemetry/index.ts";
import type { Workshop } from "../workshop/index.ts";
import type { RunbookImporter } from "./import-runbook/runbook-importer.ts";

/** Everything one running server consists of. Made by `openHouse`, closed in the opposite order. */
export interface House {
  readonly config: Config;
  readonly version: string;
  readonly startedAtMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly database: Database;
  readonly work: DurableWork;
  readonly killswitch: Killswitch;
  readonly killswitchPolicy: KillswitchPolicy;
  readonly gateFeed: GateFeed;
  /** the self-test of the kill switch */
  readonly canary: Canary;
  /** signs the receipts of stops and resumes */
  readonly receiptKey: SigningKey;
  readonly remoteStops: RemoteStops;
  readonly profile: Profile;
  readonly profileProblems: readonly FileProblem[];
  /** where the shipped profiles lie */
  readonly profilesDir: string;
  readonly playbooks: LoadedPlaybooks;
  readonly effectors: ReadonlyMap<string, Effector>;
  /** evidence that this server is collecting */
  readonly collections: Collections;
  readonly redactor: Redactor;
  /** what redaction took out, for those who may see it */
  readonly originals: Originals;
  readonly indicators: IndicatorWatch;
  readonly intake: Intake;
  readonly fieldMaps: FieldMapSet;
  readonly tails: Tails;
  readonly syslog: Syslog;
  readonly detector: Detector;
  readonly auditLog: AuditLog;
  /** brings stored events into the audit log and the index of the search */
  readonly bookkeeper: Bookkeeper;
  readonly guard: Guard;
  readonly policies: PolicyKeeper;
  readonly workshop: Workshop;
  readonly importer: RunbookImporter;
  readonly authenticator: Authenticator;
  readonly localToken: string;
  readonly hasher: PasswordHasher;
  readonly attempts: AttemptLimit;
  /** of who may not use the kill switch: how many of them the audit log keeps */
  readonly refusedAttempts: AttemptLimit;
  readonly sources: SourceDirectory;
  /** wrong keys of senders, apart from attempts to sign in */
  readonly sourceAttempts: AttemptLimit;
  readonly readSecret: ReadSecret;
  /** ids of the actions that this process works on */
  readonly actionsUnderWay: Set<string>;
  /** agents in whose process tree this server runs; nothing automatic acts on them */
  readonly ownAgents: ReadonlySet<string>;
  /** whether the database answers, with the reason if not */
  readonly checkDatabase: () => Promise<{ ok: true } | { ok: false; problem: string }>;
  /** whether a fault means that the database is away for the moment */
  readonly isStorageFault: (fault: unknown) => boolean;
  /** where people reach the console; known once the server listens */
  readonly consoleUrl: () => string;
}

/** What a daemon, a rule or a handler of domain events acts as. */
export const DAEMON: Actor = { kind: "daemon", id: "firebreak", name: "firebreak" };

/** The context every room's verbs take, for one actor. */
export function contextFor(house: House, actor: Actor) {
  return {
    home: house.config.home,
    database: house.database,
    clock: house.clock,
    newId: house.newId,
    logger: house.logger,
    actor,
    profile: house.profile,
    redactor: house.redactor,
    logKey: house.auditLog.logKey,
    findHolds: (scope: ErasureScope) => findHoldsOnOriginals(house, scope),
    originals: house.originals,
    playbooks: house.playbooks.playbooks,
    effectors: house.effectors,
    actionsUnderWay: house.actionsUnderWay,
    ownAgents: house.ownAgents,
    work: house.work,
    workshop: house.workshop,
    authenticator: house.authenticator,
    hasher: house.hasher,
    attempts: house.attempts,
    sources: house.sources,
    policies: house.policies,
    ledgerDir: ledgerDirOf(house.killswitch.dir),
    consoleUrl: house.consoleUrl(),
    readSecret: house.readSecret,
    makeAnswerLink: answerLinks({ ...house, actor }, house.consoleUrl()),
    recordTimeline: (trx, entry) => addTimelineEntry(trx, { actor, clock: house.clock }, entry),
  } satisfies NotifyContext & Record<string, unknown>;
}
