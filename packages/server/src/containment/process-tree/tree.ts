import type { ProcessIdentity } from "@firebreak/protocol";
import { isCgroupEmpty, isCgroupFrozen } from "./cgroup.ts";
import type { ForeignCache } from "./members.ts";
import { isDead, isStopped, resolveTrees, toIdentity } from "./members.ts";
import { carriesAgent, snapshotProcesses } from "./process-table.ts";
import type { CgroupRef, ProcessEntry, ProcessKey, Tag, TreeHandle } from "./types.ts";

/** @returns a handle on the tree below `root` */
export function createTreeHandle(handle: {
  sessionId: string;
  root: ProcessKey | null;
  supervisor: ProcessKey | null;
  cgroup: CgroupRef | null;
  tag?: Tag | null;
  seen?: Iterable<readonly [number, string]>;
}): TreeHandle {
  return { ...handle, tag: handle.tag ?? null, seen: new Map(handle.seen) };
}

/** @returns the living members, ordered by pid */
export function listTree(handle: TreeHandle): ProcessIdentity[] {
  return listTrees([handle]).get(handle.sessionId) ?? [];
}

/** Lists many trees from one scan of the process table. */
export function listTrees(handles: readonly TreeHandle[]): Map<string, ProcessIdentity[]> {
  const trees = resolveTrees(handles, snapshotProcesses(), new Map());
  return new Map(
    [...trees].map(([sessionId, members]) => [
      sessionId,
      [...members.all.values()].toSorted((a, b) => a.pid - b.pid).map(toIdentity),
    ]),
  );
}

/** Looks once so that members are remembered. @returns those outside the tree's cgroup */
export function watchTree(handle: TreeHandle, foreign: ForeignCache): readonly ProcessEntry[] {
  return resolveTrees([handle], snapshotProcesses(), foreign).get(handle.sessionId)?.outside ?? [];
}

/** What a tree is doing, seen without touching it. */
export interface TreeObservation {
  readonly state: "running" | "frozen" | "gone";
  readonly processes: readonly ProcessIdentity[];
  /** members that can run */
  readonly running: readonly ProcessIdentity[];
}

export function observeTree(handle: TreeHandle): TreeObservation {
  const { cgroup } = handle;
  const groupIsFrozen = cgroup !== null && isCgroupFrozen(cgroup);
  const members = resolveTrees([handle], snapshotProcesses(), new Map()).get(handle.sessionId);
  const all = [...(members?.all.values() ?? [])];
  const loose = groupIsFrozen ? (members?.outside ?? []) : all;
  const known: ReadonlyMap<number, ProcessEntry> = members?.all ?? new Map();
  const running = loose.filter((entry) => !isStopped(entry, known)).map(toIdentity);
  const processes = all.map(toIdentity);
  if (all.length === 0 && (cgroup === null || isCgroupEmpty(cgroup))) return { state: "gone", processes, running };
  return { state: running.length > 0 ? "running" : "frozen", processes, running };
}

/** Cheaper than to observe the tree where a cgroup can be asked. @returns true when somebody froze it */
export function looksFrozen(handle: TreeHandle): boolean {
  return handle.cgroup === null ? observeTree(handle).state === "frozen" : isCgroupFrozen(handle.cgroup);
}

/** @returns every living process that carries the agent's name and this kill switch, whatever tree it is in */
export function findProcessesOfAgent(agentId: string, killswitchDir: string): ProcessIdentity[] {
  return [...snapshotProcesses().values()]
    .filter((entry) => entry.pid !== process.pid && !isDead(entry) && carriesAgent(entry.pid, agentId, killswitchDir))
    .map(toIdentity);
}
