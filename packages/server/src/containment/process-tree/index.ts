export { createCgroup, isOurCgroup, removeCgroup } from "./cgroup.ts";
export { freezeTree, freezeTrees, thawTree } from "./freeze.ts";
export { killTree, killTrees } from "./kill.ts";
export type { ForeignCache } from "./members.ts";
export { readBootId, readCommandLine, readProcess, snapshotProcesses } from "./process-table.ts";
export { confirmCgroup, spawnInTree } from "./spawn.ts";
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
