export { askToEnd } from "./ask-to-end.ts";
export { checkCgroups } from "./check-cgroups.ts";
export * from "./effector.ts";
export * from "./effect-record.ts";
export * from "./guard-effector.ts";
export { openTimeBox, pauseWithin, runWithin } from "./time-box.ts";
export type { Boxed, TimeBox } from "./time-box.ts";
export type { EngineRequest } from "./effectors/docker/index.ts";
export { createEngineClient, readLogs } from "./effectors/docker/index.ts";
export {
  agentEffectors,
  agentEffectorsWith,
  hostEffectors,
  localEffectors,
  upkeepEffectors,
} from "./effectors/index.ts";
export { refuseShell } from "./effectors/commands/index.ts";
export * from "./effectors/firewall/index.ts";
export { defineProbe } from "./effectors/probes/index.ts";
export * from "./skills/index.ts";
export {
  enforceDirect,
  enforceHold,
  findSupervisor,
  freezeOrphans,
  liftHold,
  listRegistryProblems,
  listSupervisors,
  listTreeOf,
} from "./enforce-hold.ts";
export type { EnforceOptions, LiftResult, SupervisorStatus } from "./enforce-hold.ts";
export * from "./gates/index.ts";
export { ISOLATIONS, readCommandLine, readProcess, snapshotProcesses } from "./process-tree/index.ts";
export type { ProcessEntry, ProcessKey } from "./process-tree/index.ts";
export { findEndedSession, findEndedSessions, sessionPaths } from "./registry.ts";
export type { SessionPaths, SupervisorEntry } from "./registry.ts";
export { drainSpools, pruneSessions } from "./supervisor/ended-sessions.ts";
export { EXIT_HELD } from "./supervisor/options.ts";
export type { SupervisorOptions } from "./supervisor/options.ts";
export { createStopRetrier, listResisting } from "./resisting.ts";
export type { ResistingSession, StopRetrier } from "./resisting.ts";
export { parseAbort } from "./supervisor/abort.ts";
export { RESTARTS } from "./supervisor/restart.ts";
export { WHEN_LOST } from "./supervisor/server-holds.ts";
export type { GoverningServer } from "./supervisor/server-holds.ts";
export { runSupervisor } from "./supervisor/supervisor.ts";
export { findSupervisedCaller, findSupervisedProcess } from "./supervised-caller.ts";
export type { LoopbackConnection, SupervisedCaller } from "./supervised-caller.ts";
export { listSupervisedTrees } from "./supervised-trees.ts";
export type { SupervisedTree } from "./supervised-trees.ts";
export { runSystemProgram } from "./system-program.ts";
