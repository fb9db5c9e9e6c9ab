import type { ChildProcess, StdioOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readProcess } from "./process-table.ts";
import type { CgroupRef, ProcessKey } from "./types.ts";

export interface SpawnRequest {
  readonly command: readonly string[];
  readonly cgroup: CgroupRef | null;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdio: StdioOptions;
}

export interface SpawnedTree {
  readonly child: ChildProcess;
  /** null when the command could not be started; `child` then emits `error` */
  readonly root: ProcessKey | null;
  /** the group the root is in; null when there is none or the kernel refused */
  readonly cgroup: CgroupRef | null;
}

/** Enters the group, then becomes the command: nothing of the command runs outside, and no child is ever made before. */
const ENTER = 'd=$1; shift; { echo $$ >"$d"; } 2>/dev/null; exec "$@"';

/**
 * Starts a command as the leader of a session and process group of its own (so a terminal's Ctrl-C does not reach it
 * past its supervisor), inside the cgroup from its first instruction.
 */
export function spawnInTree(request: SpawnRequest): SpawnedTree {
  const { cgroup, cwd, env, stdio } = request;
  const [file = "", ...args] = request.command;
  const options = { cwd, env: { ...env }, stdio, detached: true };
  const child =
    cgroup === null
      ? spawn(file, args, options)
      : spawn("/bin/sh", ["-c", ENTER, "sh", join(cgroup.path, "cgroup.procs"), file, ...args], options);
  // the child is reaped only when this process gets to its event loop, so its entry is certainly there
  const entry = child.pid === undefined ? null : readProcess(child.pid);
  const root = entry === null ? null : { pid: entry.pid, startTime: entry.startTime };
  return { child, root, cgroup };
}

/** @returns the group if the process is in it: the kernel may have refused the move */
export function confirmCgroup(root: ProcessKey, cgroup: CgroupRef): CgroupRef | null {
  try {
    const lines = readFileSync(`/proc/${root.pid}/cgroup`, "latin1");
    const name = cgroup.path.split("/").slice(-2).join("/");
    return lines.includes(`/${name}\n`) ? cgroup : null;
  } catch {
    return null;
  }
}
