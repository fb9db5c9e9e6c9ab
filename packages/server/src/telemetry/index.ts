export { createIntake } from "./intake.ts";
export type { Intake, IntakeLimits, IntakeOptions, IntakeStats } from "./intake.ts";
export { getAgent, getSession, listAgents, listSessions } from "./list-agents.ts";
export type { SessionFilters } from "./list-agents.ts";
export { listPacks } from "./list-packs.ts";
export { loadFieldMaps } from "./maps/load-maps.ts";
export type { FieldMaps } from "./maps/load-maps.ts";
export { readOtlp } from "./otlp/read-otlp.ts";
export { parseEventBatch } from "./parse-batch.ts";
export type { ParsedBatch } from "./parse-batch.ts";
export type { EventSender } from "./prepare-event.ts";
export { listEvents, readEventsAfter, readEventsBySeq } from "./read-events.ts";
export type { EventFilters } from "./read-events.ts";
export {
  beatSession,
  HEARTBEAT_SILENCE_MAX_MS,
  markLostSessions,
  recordSessionState,
  registerSession,
} from "./sessions.ts";
export type { NewSession, RegisterContext, SessionContext, SessionStateChange } from "./sessions.ts";
