import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../../kernel/index.ts";
import type { ForeignCache, Members } from "./members.ts";
import { resolveTrees, toIdentity } from "./members.ts";
import { readProcess, scanProcesses } from "./process-table.ts";
import type { HeldTag } from "./tag.ts";
import { holdTag } from "./tag.ts";
import type { ProcessEntry, TreeHandle, TreeOperation, TreeResult } from "./types.ts";

/** One tree while an operation works on it. */
export interface Work {
  readonly handle: TreeHandle;
  /** members at the last look */
  members: Members;
  /** the last look saw everything that was there */
  isWhole: boolean;
  /** the most members found at one look */
  processes: number;
  /** the members of the last look, when that look found nothing left to do */
  stable: string | null;
  problem: string | null;
  /** process groups that the last look's signal went to as wholes */
  readonly struck: Set<number>;
  result: TreeResult | null;
}

export interface Operation {
  /** the tags that are held while it lasts */
  readonly held: readonly HeldTag[];
  readonly works: readonly Work[];
  readonly startMs: number;
  readonly deadlineMs: number;
  readonly foreign: ForeignCache;
  now(): number;
}

const NOBODY: Members = { all: new Map(), outside: [], dead: [] };

/** Works on trees, and holds their tags meanwhile: what carries the tag is then theirs and nobody else's. */
export async function operate(
  handles: readonly TreeHandle[],
  options: TreeOperation,
  work: (operation: Operation) => Promise<TreeResult[]>,
): Promise<TreeResult[]> {
  const operation = startOperation(handles, options);
  try {
    return await work(operation);
  } finally {
    for (const one of operation.held) one.release();
  }
}

function startOperation(handles: readonly TreeHandle[], options: TreeOperation): Operation {
  const held = new Map(
    handles.flatMap(({ sessionId, tag }) => {
      const one = tag === null ? null : holdTag(tag);
      return one === null ? [] : [[sessionId, one]];
    }),
  );
  return {
    held: [...held.values()],
    works: handles.map((handle) => ({
      handle: { ...handle, tag: held.get(handle.sessionId)?.tag ?? null },
      members: NOBODY,
      isWhole: false,
      processes: 0,
      stable: null,
      problem: null,
      struck: new Set(),
      result: null,
    })),
    startMs: options.clock.monotonicMs(),
    deadlineMs: options.deadlineMs,
    foreign: new Map(),
    now: () => options.clock.monotonicMs(),
  };
}

export function pendingWorks(operation: Operation): Work[] {
  return operation.works.filter((work) => work.result === null);
}

/** One scan of the process table for all trees that are not done. */
export function lookAgain(operation: Operation, works: readonly Work[]): void {
  const { table, isWhole } = scanProcesses();
  const handles = works.map((work) => work.handle);
  const trees = resolveTrees(handles, table, operation.foreign);
  for (const work of works) {
    work.members = trees.get(work.handle.sessionId) ?? NOBODY;
    work.isWhole = isWhole;
    work.processes = Math.max(work.processes, work.members.all.size);
  }
}

/** Remembers that this look found nothing left to do. @returns true when the look before found the very same */
export function isStable(work: Work): boolean {
  if (!work.isWhole) {
    work.stable = null;
    return false;
  }
  // one that died since may have left a child that this look did not list
  const entries = [...work.members.all.values(), ...work.members.dead];
  const sign = entries.map((entry) => `${entry.pid}:${entry.startTime}`).join(" ");
  const same = work.stable === sign;
  work.stable = sign;
  return same;
}

export function finishWork(
  operation: Operation,
  work: Work,
  proof: string,
  remaining: readonly ProcessEntry[] = [],
): void {
  work.result = {
    sessionId: work.handle.sessionId,
    verified: remaining.length === 0 && work.problem === null,
    proof: work.problem === null ? proof : `${proof}: ${work.problem}`,
    elapsedMs: operation.now() - operation.startMs,
    processes: work.processes,
    remaining: remaining.slice(0, REMAINING_MAX).map(toIdentity),
  };
}

/** Processes named in a result; the count is always whole. */
const REMAINING_MAX = 200;

export function isOverdue(operation: Operation): boolean {
  return operation.now() - operation.startMs >= operation.deadlineMs;
}

/** Lets the kernel (and this process) work before the next look. The first looks follow at once. */
export async function pause(look: number): Promise<void> {
  if (look < 2) await nextTurn();
  else await sleep(look < 10 ? 1 : 5);
}

export function resultsOf(operation: Operation): TreeResult[] {
  return operation.works.flatMap((work) => (work.result === null ? [] : [work.result]));
}

/**
 * Signals members: first their process groups, each at one stroke, which also reaches what was born since the look (a
 * tree whose processes live for milliseconds consists of that). A group lies within a session, and whoever shares a
 * session with a member is one. Only those that a stroke did not bring to rest by the next look are signalled one by one,
 * which also tells who may not be signalled.
 */
export function signalMembers(work: Work, entries: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  const struck = new Set(work.struck);
  work.struck.clear();
  if (entries.length === 0) return;
  const spared = sparedGroups(work);
  for (const pgid of new Set(entries.map((entry) => entry.pgid))) {
    if (pgid > 1 && !spared.has(pgid) && strike(pgid, signal)) work.struck.add(pgid);
  }
  for (const entry of entries) {
    if (struck.has(entry.pgid) || !work.struck.has(entry.pgid)) signalMember(work, entry, signal);
  }
}

/** The groups of this process and of the tree's supervisor. */
function sparedGroups({ handle }: Work): ReadonlySet<number> {
  const pids = handle.supervisor === null ? [process.pid] : [process.pid, handle.supervisor.pid];
  return new Set(pids.map((pid) => readProcess(pid)?.pgid ?? 0));
}

/** @returns false when nobody in the group could be signalled */
function strike(pgid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pgid, signal);
  } catch {
    return false;
  }
}

/** Signals one member if its number still belongs to the process that was found. */
export function signalMember(work: Work, entry: ProcessEntry, signal: NodeJS.Signals): void {
  if (process.platform === "linux" && readProcess(entry.pid)?.startTime !== entry.startTime) return;
  try {
    process.kill(entry.pid, signal);
  } catch (fault) {
    if (codeOf(fault) === "ESRCH") return;
    work.problem = `${signal} to ${entry.pid} (${entry.command}) was refused: ${codeOf(fault) ?? "unknown"}`;
  }
}
