import type { ChildProcess, StdioOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { groupOf } from "./cgroup.ts";
import type { Enclosure } from "./enclose.ts";
import { enclose } from "./enclose.ts";
import { readProcess } from "./process-table.ts";
import type { CgroupRef, ProcessKey } from "./types.ts";

export interface SpawnRequest {
  readonly command: readonly string[];
  readonly enclosure: Enclosure;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdio: StdioOptions;
}

export interface SpawnedTree {
  readonly child: ChildProcess;
  /** null when the command could not be started; `child` then emits `error` */
  readonly root: ProcessKey | null;
}

/**
 * Starts a command as the leader of a session and process group of its own (so a terminal's Ctrl-C does not reach it
 * past its supervisor), enclosed from its first instruction.
 */
export function spawnInTree({ command, enclosure, cwd, env, stdio }: SpawnRequest): SpawnedTree {
  const [file = "", ...args] = enclose(command, enclosure);
  const child = spawn(file, args, { cwd, env: { ...env }, stdio, detached: true });
  // the child is reaped only when this process gets to its event loop, so its entry is certainly there
  const entry = child.pid === undefined ? null : readProcess(child.pid);
  const root = entry === null ? null : { pid: entry.pid, startTime: entry.startTime };
  return { child, root };
}

/** @returns the group if the process is in it: the kernel may have refused the move */
export function confirmCgroup(root: ProcessKey, cgroup: CgroupRef): CgroupRef | null {
  const name = cgroup.path.split("/").slice(-2).join("/");
  return groupOf(root.pid, cgroup.version, "freezer")?.endsWith(`/${name}`) === true ? cgroup : null;
}
