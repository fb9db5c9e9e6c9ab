export { createCgroup, isOurCgroup, removeCgroup } from "./cgroup.ts";
export { freezeTree, freezeTrees, thawTree, thawTrees } from "./freeze.ts";
export { killTree, killTrees } from "./kill.ts";
export type { ForeignCache } from "./members.ts";
export { readBootId, readCommandLine, readProcess, snapshotProcesses } from "./process-table.ts";
export { confirmCgroup, spawnInTree } from "./spawn.ts";
export type { SpawnedTree, SpawnRequest } from "./spawn.ts";
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
export type {
  CgroupRef,
  ProcessEntry,
  ProcessKey,
  ProcessTable,
  TreeHandle,
  TreeOperation,
  TreeResult,
} from "./types.ts";
