export { cgroupInNft, createCgroup, isOurCgroup, removeCgroup } from "./cgroup.ts";
export { findIsolationProblem, findScope, findScopeGroup, ISOLATIONS, isRoot, OPEN } from "./enclose.ts";
export type { Enclosure, Isolation } from "./enclose.ts";
export { freezeTree, freezeTrees, thawTree } from "./freeze.ts";
export { killTree, killTrees } from "./kill.ts";
export { limitSession, removeLimits } from "./limits.ts";
export type { ResourceLimits } from "./limits.ts";
export type { ForeignCache } from "./members.ts";
export { countTasksOfUser, readBootId, readCommandLine, readProcess, snapshotProcesses } from "./process-table.ts";
export { confirmCgroup, spawnInTree } from "./spawn.ts";
export { holdTagOf, readTagName } from "./tag.ts";
export type { HeldTag } from "./tag.ts";
export {
  createTreeHandle,
  findProcessesOfAgent,
  listTree,
  listTrees,
  looksFrozen,
  observeTree,
  watchTree,
} from "./tree.ts";
export type { TreeObservation } from "./tree.ts";
export type { CgroupRef, ProcessEntry, ProcessKey, TreeHandle, TreeResult } from "./types.ts";
