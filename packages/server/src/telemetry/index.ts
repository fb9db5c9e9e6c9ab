export { createIntake } from "./intake.ts";
export type { Intake, IntakeLimits, IntakeOptions, IntakeStats } from "./intake.ts";
export { getAgent, getSession, listAgents, listLiveSessions, listSessions } from "./list-agents.ts";
export type { PageInput, SessionFilters } from "./list-agents.ts";
export { listPacks, listPacksOf } from "./list-packs.ts";
export { checkChainedLog } from "./maps/check-chained-log.ts";
export type { ChainedLogVerdict } from "./maps/check-chained-log.ts";
export { loadFieldMaps, openFieldMaps } from "./maps/load-maps.ts";
export type { FieldMaps, FieldMapSet, LoadedMap } from "./maps/load-maps.ts";
export { runMapCases } from "./maps/map-cases.ts";
export { readOtlp } from "./otlp/read-otlp.ts";
export { readLogEvents } from "./tails/read-log-file.ts";
export type { LogEvent, LogReading } from "./tails/read-log-file.ts";
export { createSyslog } from "./syslog/syslog.ts";
export type { Syslog } from "./syslog/syslog.ts";
export { listTailedPaths } from "./tails/tail-config.ts";
export { openTails } from "./tails/tails.ts";
export type { Tails } from "./tails/tails.ts";
export { parseEventBatch } from "./parse-batch.ts";
export type { ParsedBatch } from "./parse-batch.ts";
export { parseBody, readPage } from "./event-page.ts";
export type { EventPage } from "./event-page.ts";
export type { PageLimits, StoredEvents } from "./stored-events.ts";
export type { EventSender } from "./prepare-event.ts";
export { findSeqBefore } from "./find-seq.ts";
export {
  findEvent,
  readBodiesAfter,
  readEventsAfter,
  readEventsBySeq,
  readNewestBodies,
  readPageAfter,
  readPageOf,
  readStoredEvent,
  readTextKey,
  toView as toEventView,
  streamEvents,
} from "./read-events.ts";
export type { StoredBody } from "./read-events.ts";
export { readSearch } from "./search/conditions.ts";
export { countOverTime } from "./search/count-over-time.ts";
export { countValues } from "./search/count-values.ts";
export { followEvents } from "./search/follow-events.ts";
export { searchEvents } from "./search/search-events.ts";
export {
  beatSession,
  HEARTBEAT_SILENCE_MAX_MS,
  markLostSessions,
  isSessionSilent,
  recordSessionState,
  registerSession,
} from "./sessions.ts";
export type { NewSession, RegisterContext, SessionContext, SessionStateChange } from "./sessions.ts";
export { countUnindexed, indexEvents, isIndexBehind } from "./search/index-events.ts";
export { deleteEvents } from "./search/delete-events.ts";
