import path from "node:path";
import { z } from "zod";
import type { LiveMessage, Actor } from "@firebreak/protocol";
import { reconcileActions } from "../actions/index.ts";
import { createAuthenticator, createPasswordHasher, ensureLocalToken } from "../access/index.ts";
import { raiseAlerts, recheckHeldByProfile } from "../alerts/index.ts";
import { createDetector, judgeInThread, LiveRules } from "../detection/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { watchIndicators } from "../indicators/index.ts";
import {
  consoleUrl,
  createSecretReader,
  ensurePrivateDir,
  loadProfile,
  messageOf,
  openSigningKey,
  processSurroundings,
  requireProfile,
} from "../kernel/index.ts";
import type { Clock, Config, Environment, Logger, NewId, Profile } from "../kernel/index.ts";
import type { Killswitch } from "../killswitch/index.ts";
import { createGateFeed, loadPolicy, openKillswitch, RECEIPT_KEY } from "../killswitch/index.ts";
import type { NotifyContext } from "../notify/index.ts";
import { openPolicyKeeper } from "../policies/index.ts";
import type { PolicyKeeper } from "../policies/index.ts";
import { createSourceDirectory } from "../senders/index.ts";
import {
  listenLive,
  checkDatabase,
  createDurableWork,
  ensureEventPartitions,
  isTransientDatabaseError,
  openDatabase,
} from "../storage/index.ts";
import { createIntake, openFieldMaps, createSyslog, openTails } from "../telemetry/index.ts";
import { defineScans } from "./indicator-daemons.ts";
import { createWorkshop, recordHits, REPLAY_TASK, runReplay } from "../workshop/index.ts";
import type { Intake, StoredEvents } from "../telemetry/index.ts";
import { createCanary } from "./canary/canary.ts";
import { answerLinks } from "./answer-links.ts";
import { openAuditLog } from "./audit-log.ts";
import { drillDaemons } from "./drill-daemon.ts";
import { endOwnAlert, raiseOwnAlert } from "./own-alerts.ts";
import { Bookkeeper } from "./bookkeeping/bookkeeper.ts";
import { createDaemons } from "./daemons.ts";
import type { Daemon } from "./daemons.ts";
import { createEffectors } from "./effectors.ts";
import { RunbookImporter } from "./import-runbook/runbook-importer.ts";
import { domainHandlers } from "./handlers.ts";
import { createArchiveDaemons } from "./evidence/archive-daemons.ts";
import { contextFor, DAEMON } from "./house.ts";
import type { House } from "./house.ts";
import { enforceEverywhere } from "./killswitch/enforce-everywhere.ts";
import { createRemoteStops } from "./killswitch/remote-stops.ts";
import { findOwnAgents, loadPlans } from "./load-plans.ts";
import { createLimits } from "./limits.ts";
import { openHouseGuard } from "./house-guard.ts";
import { openRedaction, startOriginals } from "./originals.ts";
import { mirrorHolds } from "./killswitch/mirror-holds.ts";
import { recordStopOfStep } from "./killswitch/record-stop.ts";
import { daemonsOf } from "./house-daemons.ts";
import { Openings } from "./openings.ts";

export interface HouseOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly version: string;
  /** where `profiles/`, `rules/` and `maps/` lie */
  readonly dataDir: string;
  /** the command line's own program, which makes drills; left out, none is made by itself */
  readonly program?: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
}

export interface OpenHouse extends House {
  /** tells where people reach this server, once it listens */
  setAddress(port: number): void;
  /** Takes no more work, ends what is under way, and stops everything it started. */
  close(): Promise<void>;
}

/**
 * Opens storage, kill switch, rules, playbooks and daemons: everything but the doors.
 *
 * @throws OperatorError for what a person must mend; nothing is left running then
 */
export async function openHouse(options: HouseOptions): Promise<OpenHouse> {
  const openings = new Openings(options.logger);
  try {
    return await assemble(options, openings);
  } catch (fault) {
    await openings.close();
    throw fault;
  }
}

async function assemble(options: HouseOptions, openings: Openings): Promise<OpenHouse> {
  const { config, environment, clock, newId, logger, dataDir } = options;
  ensurePrivateDir(config.home);
  const profilesDir = path.join(dataDir, "profiles");
  const { profile, placeOf, ...files } = await readFiles(config, profilesDir);
  const instance = newId("supervisor");
  const stopping = openStopping(options, profile, instance, openings);
  const liveRules = openLiveRules(options, profile, openings);
  const database = await openDatabase({ databaseUrl: config.databaseUrl, home: config.home, clock, logger });
  openings.add("database", () => database.close());
  await ensureEventPartitions(database.kysely, clock.now());
  const localToken = ensureLocalToken(config.home);
  const readSecret = createSecretReader(environment, config.home);
  const redaction = await openRedaction({ ...options, database, profile, readSecret });
  const surroundings = { clock, newId, logger, profile, readSecret, ...redaction };
  let port = config.port;
  const publicUrl = () => consoleUrl(config, port);
  const notifyAs = (actor: Actor): NotifyContext => ({
    ...surroundings,
    database,
    actor,
    consoleUrl: publicUrl(),
    makeAnswerLink: answerLinks({ database, clock, actor }, publicUrl()),
    recordTimeline: (trx, entry) => addTimelineEntry(trx, { actor, clock }, entry),
  });
  const effectors = createEffectors({
    ...surroundings,
    config,
    database,
    profilesDir,
    notifyAs,
    enforce: (enforcing) => enforceEverywhere(house, enforcing),
    recordStop: async (actor, stop) => recordStopOfStep(house, actor, stop),
  });
  const { detector, indicators, intake } = createEventPath(liveRules, { ...surroundings, database });
  const work = createDurableWork({ database, clock, logger, nodeId: instance, home: config.home });
  const logFiles = await openLogFiles(options, intake, openings);
  const policies = await openPolicies(options, profile, stopping.killswitch);
  const guard = openHouseGuard({ ...surroundings, config, database }, policies, () => house);
  const watching = { indicators, intake, detector, guard, policies, ...logFiles };
  const rooms = { config, localToken, database, work, effectors, ...stopping, ...watching };
  const house: House = {
    ...surroundings,
    ...rooms,
    version: options.version,
    startedAtMs: clock.now(),
    ...files,
    ...(await loadPlans(config, profilesDir, { ...files, profile, placeOf }, effectors)),
    authenticator: createAuthenticator({ database, clock, logger, localToken }),
    hasher: createPasswordHasher(),
    ...openProofs(options, { ...surroundings, database }, () => house),
    ...createLimits(clock),
    importer: new RunbookImporter({ profile, profilesDir, config }),
    workshop: createWorkshop({ database, clock, detector, placeholders: profile.placeholders }),
    sources: createSourceDirectory({ database, clock }),
    ownAgents: findOwnAgents(config.home),
    checkDatabase: () => checkDatabase(database),
    isStorageFault: isTransientDatabaseError,
    consoleUrl: publicUrl,
  };
  await startWork(house, openings, drillDaemons(options, house));
  return {
    ...house,
    setAddress: (bound) => {
      port = bound;
      database.setAddress(publicUrl());
    },
    close: () => openings.close(),
  };
}

/** How Firebreak shows that it does what it says: stops that are tried out, receipts that are signed, a log that is checked. */
function openProofs(
  { config, environment }: HouseOptions,
  surroundings: Pick<House, "clock" | "newId" | "logger" | "profile" | "database" | "readSecret">,
  house: () => House,
): Pick<House, "canary" | "receiptKey" | "auditLog" | "bookkeeper"> {
  const { clock, database } = surroundings;
  const bookkeeper = new Bookkeeper({
    place: config,
    stored: () => house().intake.stats().accepted,
    context: () => ({ database, clock, logKey: house().auditLog.logKey }),
  });
  return {
    bookkeeper,
    canary: createCanary({ ...surroundings, config }, environment),
    receiptKey: openSigningKey(config.home, RECEIPT_KEY),
    auditLog: openAuditLog({
      ...surroundings,
      config,
      bookkeeper,
      raise: (alert) => raiseOwnAlert(house(), alert),
      settle: (key) => endOwnAlert(house(), key),
    }),
  };
}

/** What people decide in files. What is wrong in them is told, and what is sound holds. */
async function readFiles({ home, profileName }: Config, profilesDir: string) {
  const loaded = await loadProfile({ home, profilesDir, name: profileName });
  const profile = requireProfile(loaded);
  const profileDir = path.join(profilesDir, profile.name);
  const { policy, problems } = await loadPolicy({ home, profileDir, roles: profile.roles });
  const { placeOf } = loaded;
  return {
    profile,
    profilesDir,
    placeOf,
    profileProblems: [...loaded.problems, ...problems],
    killswitchPolicy: policy,
  };
}

/** How a stop reaches everybody: the journal here, and the feed to other machines, which also answer. */
function openStopping(
  { config, clock, newId, logger }: HouseOptions,
  profile: Profile,
  instance: string,
  openings: Openings,
): Pick<House, "killswitch" | "gateFeed" | "remoteStops"> {
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  openings.add("killswitch", () => killswitch.close());
  const key = openSigningKey(config.home, "lease-key");
  const leaseMs = profile.leases.seconds * 1000;
  const gateFeed = createGateFeed({ killswitch, key, instance, clock, logger, leaseMs });
  openings.add("gate feed", () => gateFeed.close());
  return { killswitch, gateFeed, remoteStops: createRemoteStops() };
}

/** They are loaded, and events judged, in a thread of its own; it begins while the database opens. */
function openLiveRules({ config, dataDir }: HouseOptions, { placeholders }: Profile, openings: Openings): LiveRules {
  const rulesDirs = [path.join(dataDir, "rules"), path.join(config.home, "rules")];
  const liveRules = new LiveRules({ rulesDirs, placeholders, openJudge: judgeInThread() });
  openings.add("rules", () => liveRules.end());
  return liveRules;
}

/** From what is sent to alerts: the intake redacts and stores, the detector judges what was stored. */
function createEventPath(
  liveRules: LiveRules,
  { clock, newId, logger, profile, redactor, originals, database }: Pick<House, EventPathNeeds>,
): Pick<House, "detector" | "indicators" | "intake"> {
  const lateMs = profile.containment.limits.lateMinutes * 60_000;
  const detector = createDetector({
    database,
    liveRules,
    clock,
    logger,
    onMatches: async (trx, findings) => {
      await raiseAlerts(trx, { clock, newId, profile, maskText: redactor.maskText, lateMs }, findings);
      await recordHits(trx, { clock }, findings);
    },
  });
  const onStored = (events: StoredEvents) => detector.wake(events);
  const indicators = watchIndicators({ database, clock, logger });
  const matchIndicators = indicators.match;
  const { seal: sealOriginals } = originals;
  const shared = { database, clock, newId, logger };
  const keepPace = () => detector.keepPace();
  const intake = createIntake({ ...shared, redactor, sealOriginals, matchIndicators, onStored, keepPace });
  return { detector, indicators, intake };
}

type EventPathNeeds = "clock" | "newId" | "logger" | "profile" | "redactor" | "originals" | "database";

function openPolicies(
  { config, dataDir, clock, logger }: HouseOptions,
  { name, placeholders, timeZone }: Profile,
  killswitch: Killswitch,
): Promise<PolicyKeeper> {
  // an owner's entry wins over a shipped one of the same name
  const dirs = [path.join(config.home, "policies"), path.join(dataDir, "profiles", name, "policies")];
  return openPolicyKeeper({ dirs, placeholders, timeZone, killswitchDir: killswitch.dir, clock, logger });
}

async function openLogFiles(
  { config, dataDir, clock, newId, logger }: HouseOptions,
  intake: Intake,
  openings: Openings,
) {
  const { home } = config;
  const fieldMaps = await openFieldMaps([path.join(dataDir, "maps"), path.join(home, "maps")]);
  const { userHome } = processSurroundings();
  const tails = await openTails({ home, userHome, fieldMaps, intake, clock, logger });
  openings.add("tails", () => tails.close());
  const syslog = createSyslog({ home, fieldMaps, intake, clock, newId, logger });
  return { fieldMaps, tails, syslog };
}

/** Order matters at the end too: what takes events in closes first, what executes closes after it. */
async function startWork(house: House, openings: Openings, drills: readonly Daemon[]): Promise<void> {
  const { work, detector, intake, killswitch } = house;
  for (const [task, handle] of Object.entries(domainHandlers(house))) {
    work.define(task, (payload, { signal }) => handle(payload, signal));
  }
  work.define(REPLAY_TASK, async (payload, { signal }) => {
    const { replayId } = z.object({ replayId: z.string() }).parse(payload);
    await runReplay(contextFor(house, DAEMON), replayId, signal);
  });
  defineScans(house);
  await mirrorHolds(house);
  await reconcileActions(contextFor(house, DAEMON));
  await house.indicators.reloadIfChanged();
  await recheckHeldByProfile(house);
  await startOriginals(house);
  openings.add("what senders said", () => house.sources.flush());
  openings.add("bookkeeping", () => house.bookkeeper.close());
  const archives = createArchiveDaemons(house);
  const daemons = createDaemons([...daemonsOf(house), ...drills, ...archives.daemons], house);
  openings.add("daemons", () => daemons.stop());
  openings.add("copies of archives", () => archives.stop());
  await work.start();
  openings.add("work", () => work.stop());
  await detector.start();
  openings.add("detector", () => detector.stop());
  openings.add("rules to try", () => house.workshop.workers.close());
  openings.add("evidence under way", () => house.collections.close());
  openings.add("intake", () => intake.close());
  // before the intake, which stores what they read
  openings.add("syslog", () => house.syslog.close());
  openings.add(
    "kill switch watch",
    killswitch.watch(() => void mirrorQuietly(house)),
  );
  // what is stopped or let go through another home on the same database
  const onChange = ({ topic }: LiveMessage) => topic === "hold" && void mirrorQuietly(house);
  const stopListening = await listenLive(house.database, onChange, house);
  openings.add("holds of other homes", stopListening);
  daemons.start();
}

async function mirrorQuietly(house: House): Promise<void> {
  try {
    await mirrorHolds(house);
  } catch (fault) {
    house.logger.warn("the holds could not be mirrored; tried again", { problem: messageOf(fault) });
  }
}
