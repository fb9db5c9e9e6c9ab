import { isCgroupFrozen, setCgroupFrozen } from "./cgroup.ts";
import { isStopped } from "./members.ts";
import type { Operation, Work } from "./operation.ts";
import {
  finishWork,
  isOverdue,
  isStable,
  lookAgain,
  operate,
  pause,
  pendingWorks,
  resultsOf,
  signalMember,
  signalMembers,
} from "./operation.ts";
import type { TreeHandle, TreeOperation, TreeResult } from "./types.ts";

/**
 * Freezes many trees at once: every group and every process is told first, then everything is verified, sharing one
 * scan of the process table a round.
 *
 * A tree counts as frozen when the kernel says so of its cgroup and nothing of it was found outside, or when two scans
 * in a row, both whole, found the same members and none could run. A member that forks while it is being found is found
 * by the scan after.
 */
export async function freezeTrees(handles: readonly TreeHandle[], options: TreeOperation): Promise<TreeResult[]> {
  return operate(handles, options, freezeAll);
}

async function freezeAll(operation: Operation): Promise<TreeResult[]> {
  const groups = new Set(operation.works.filter(freezeGroup));
  for (let round = 0; ; round++) {
    const works = pendingWorks(operation);
    if (works.length === 0) return resultsOf(operation);
    // asked before the scan: whatever left a group did so before the group was frozen, and the scan sees it
    const frozen = new Set(works.filter((work) => groups.has(work) && isGroupFrozen(work)));
    // somebody may have let it go meanwhile
    if (round > 2) for (const work of works) if (groups.has(work) && !frozen.has(work)) freezeGroup(work);
    if (round === 0 || frozen.size > 0 || works.some((work) => !groups.has(work)) || isOverdue(operation)) {
      lookAgain(operation, works);
      for (const work of works) judgeFreeze(operation, work, groups.has(work), frozen.has(work));
    }
    if (isOverdue(operation)) giveUp(operation, groups, frozen);
    else if (pendingWorks(operation).length > 0) await pause(round);
  }
}

export async function freezeTree(handle: TreeHandle, options: TreeOperation): Promise<TreeResult> {
  return only(await freezeTrees([handle], options), handle);
}

function freezeGroup({ handle }: Work): boolean {
  return handle.cgroup !== null && setCgroupFrozen(handle.cgroup, true);
}

function isGroupFrozen({ handle }: Work): boolean {
  return handle.cgroup !== null && isCgroupFrozen(handle.cgroup);
}

function judgeFreeze(operation: Operation, work: Work, hasGroup: boolean, isFrozen: boolean): void {
  const { all } = work.members;
  const loose = hasGroup ? work.members.outside : [...all.values()];
  const running = loose.filter((entry) => !isStopped(entry, work.members.all));
  work.problem = null;
  signalMembers(work, running, "SIGSTOP");
  if (running.length > 0 || (hasGroup && !isFrozen)) {
    work.stable = null;
    return;
  }
  if (hasGroup && loose.length === 0 && work.isWhole) finishWork(operation, work, "cgroup frozen");
  else if (isStable(work))
    finishWork(operation, work, hasGroup ? "cgroup frozen and process states" : "process states");
}

function giveUp(operation: Operation, groups: ReadonlySet<Work>, frozen: ReadonlySet<Work>): void {
  for (const work of pendingWorks(operation)) {
    const loose = groups.has(work) && frozen.has(work) ? work.members.outside : [...work.members.all.values()];
    const remaining = loose.filter((entry) => !isStopped(entry, work.members.all));
    work.problem ??= "the deadline passed before it was verified";
    finishWork(operation, work, "not frozen", remaining);
  }
}

/** Lets frozen trees run again, and verifies that none of their processes stands still. */
export async function thawTrees(handles: readonly TreeHandle[], options: TreeOperation): Promise<TreeResult[]> {
  return operate(handles, options, thawAll);
}

async function thawAll(operation: Operation): Promise<TreeResult[]> {
  for (const { handle } of operation.works) if (handle.cgroup !== null) setCgroupFrozen(handle.cgroup, false);
  for (let round = 0; ; round++) {
    const works = pendingWorks(operation);
    if (works.length === 0) return resultsOf(operation);
    lookAgain(operation, works);
    for (const work of works) judgeThaw(operation, work, isOverdue(operation));
    if (pendingWorks(operation).length > 0) await pause(round);
  }
}

export async function thawTree(handle: TreeHandle, options: TreeOperation): Promise<TreeResult> {
  return only(await thawTrees([handle], options), handle);
}

function judgeThaw(operation: Operation, work: Work, isLast: boolean): void {
  const standing = [...work.members.all.values()].filter((entry) => entry.state === "T");
  work.problem = null;
  for (const entry of standing) signalMember(work, entry, "SIGCONT");
  const isDone = standing.length === 0 && !isGroupFrozen(work);
  if (isDone) finishWork(operation, work, "process states");
  else if (isLast) finishWork(operation, work, "not thawed", standing);
}

/** @returns the result of the only tree that was asked for */
export function only(results: readonly TreeResult[], handle: TreeHandle): TreeResult {
  const [result] = results;
  if (result === undefined) throw new Error(`no result for ${handle.sessionId}`);
  return result;
}
