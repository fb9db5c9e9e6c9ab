import { isCgroupEmpty, killCgroup, readCgroupPids, setCgroupFrozen } from "./cgroup.ts";
import { freezeTrees, only } from "./freeze.ts";
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
  signalMembers,
} from "./operation.ts";
import type { TreeHandle, TreeOperation, TreeResult } from "./types.ts";

/** The part of the deadline that may go into holding still what no cgroup kills at once. */
const FREEZE_SHARE = 0.4;

/** On a machine that gives us no time the signal is out before anybody could see what it did. */
const LOOKS_MIN = 3;

/**
 * Kills many trees at once, frozen or not: every group is killed first, then every process outside, then everything is
 * verified until two scans in a row find nothing. Processes outside a group are frozen before they are killed: killing
 * a parent whose newest child is not known yet would lose the child.
 */
export async function killTrees(handles: readonly TreeHandle[], options: TreeOperation): Promise<TreeResult[]> {
  return operate(handles, options, (operation) => killAll(operation, options));
}

async function killAll(operation: Operation, options: TreeOperation): Promise<TreeResult[]> {
  for (const work of operation.works) countGroup(work);
  const killed = new Set(operation.works.filter(({ handle }) => handle.cgroup !== null && killCgroup(handle.cgroup)));
  await holdStill(operation, killed, options);
  for (let round = 0; ; round++) {
    const works = pendingWorks(operation);
    if (works.length === 0) return resultsOf(operation);
    lookAgain(operation, works);
    for (const work of works) judgeKill(operation, work);
    if (isOverdue(operation) && round >= LOOKS_MIN) giveUp(operation);
    else if (pendingWorks(operation).length > 0) await pause(round);
  }
}

export async function killTree(handle: TreeHandle, options: TreeOperation): Promise<TreeResult> {
  return only(await killTrees([handle], options), handle);
}

/** What is in the group is dead before the first scan can count it. */
function countGroup(work: Work): void {
  if (work.handle.cgroup !== null) work.processes = readCgroupPids(work.handle.cgroup).length;
}

async function holdStill(operation: Operation, killed: ReadonlySet<Work>, options: TreeOperation): Promise<void> {
  lookAgain(operation, operation.works);
  const loose = operation.works.filter((work) => !killed.has(work) || work.members.outside.length > 0);
  if (loose.length === 0) return;
  const deadlineMs = options.deadlineMs * FREEZE_SHARE;
  await freezeTrees(
    loose.map((work) => work.handle),
    { ...options, deadlineMs },
  );
}

function judgeKill(operation: Operation, work: Work): void {
  const { all } = work.members;
  const { cgroup } = work.handle;
  work.problem = null;
  signalMembers(work, [...all.values()], "SIGKILL");
  if (cgroup !== null) {
    // a frozen group of version 1 delivers the signal only when it thaws; one of version 2 is killed as it stands
    if (all.size > 0 && !killCgroup(cgroup)) setCgroupFrozen(cgroup, false);
    if (!isCgroupEmpty(cgroup)) {
      work.stable = null;
      return;
    }
  }
  if (all.size > 0) work.stable = null;
  else if (isStable(work))
    finishWork(operation, work, cgroup === null ? "no process left" : "cgroup empty, no process left");
}

function giveUp(operation: Operation): void {
  for (const work of pendingWorks(operation)) {
    work.problem ??= "the deadline passed before it was verified";
    finishWork(operation, work, "not dead", [...work.members.all.values()]);
  }
}
