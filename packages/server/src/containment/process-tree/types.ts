import type { ProcessIdentity } from "@firebreak/protocol";

/** A process for ever: its number and when it started (clock ticks since boot; on macOS the start date). */
export interface ProcessKey {
  readonly pid: number;
  readonly startTime: string;
}

/** One line of the process table. */
export interface ProcessEntry extends ProcessKey {
  readonly ppid: number;
  readonly pgid: number;
  /** session id; on macOS, which does not show it, the process group */
  readonly sid: number;
  /** R running, S sleeping, D waiting for a device, T stopped, t traced, Z zombie, X dead */
  readonly state: string;
  readonly threads: number;
  readonly command: string;
}

export type ProcessTable = ReadonlyMap<number, ProcessEntry>;

export interface CgroupRef {
  readonly version: 1 | 2;
  /** absolute directory of the group */
  readonly path: string;
}

/**
 * A namespace that only one tree is in. A tree that root starts gets a UTS namespace of its own: it changes nothing for
 * the agent, goes to every descendant, and stays on one that left its cgroup, its parents and its environment.
 */
export interface Tag {
  /** as /proc shows it: `uts:[4026532000]`. The number is given anew once nobody holds the namespace. */
  readonly name: string;
  /** where the supervisor holds it: `/proc/PID/fd/FD` */
  readonly path: string;
}

/** Everything by which the processes of one session are recognised. */
export interface TreeHandle {
  readonly sessionId: string;
  readonly root: ProcessKey | null;
  /** never signalled */
  readonly supervisor: ProcessKey | null;
  readonly cgroup: CgroupRef | null;
  readonly tag: Tag | null;
  /** members seen before: pid → start time. Grows as the tree is watched. */
  readonly seen: Map<number, string>;
}

/** The verified facts about one tree after an operation. */
export interface TreeResult {
  readonly sessionId: string;
  readonly verified: boolean;
  /** how it was verified, or what kept it from being */
  readonly proof: string;
  /** from the start of the operation to the proof, ms */
  readonly elapsedMs: number;
  /** members found */
  readonly processes: number;
  /** members that still run (freeze), still exist (kill) or still stand (thaw) */
  readonly remaining: readonly ProcessIdentity[];
}

export interface TreeOperation {
  readonly deadlineMs: number;
  readonly clock: { monotonicMs(): number };
}
