import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Controller } from "./cgroup.ts";
import { cgroupMounts, cgroupParents, GROUP, removeCgroup, writeText } from "./cgroup.ts";
import type { CgroupRef } from "./types.ts";

/** What one tree may use, all its processes together. Null: no limit. */
export interface ResourceLimits {
  readonly maxPids: number | null;
  readonly maxMemoryBytes: number | null;
}

interface LimitFile {
  readonly controller: Controller;
  readonly v1: string;
  readonly v2: string;
  readonly value: number;
}

/** How the limits of a session are kept. */
export interface LimitPlan {
  /** groups of version 1 that the session must enter besides its own */
  readonly enter: readonly string[];
  /** what no group here can limit */
  readonly missing: ResourceLimits;
}

/**
 * Limits the session's group: in the group itself where its hierarchy can (version 2), else in groups of version 1 made
 * for it beside. The kernel then refuses the fork, or ends a process, inside the tree only.
 */
export function limitSession(sessionId: string, cgroup: CgroupRef | null, limits: ResourceLimits): LimitPlan {
  const enter: string[] = [];
  const isKept = (file: LimitFile): boolean => {
    if (limitInside(cgroup, file)) return true;
    const path = limitBeside(sessionId, file);
    if (path !== null) enter.push(path);
    return path !== null;
  };
  const { maxPids, maxMemoryBytes } = limits;
  const pids: LimitFile = { controller: "pids", v1: "pids.max", v2: "pids.max", value: maxPids ?? 0 };
  const memory: LimitFile = {
    controller: "memory",
    v1: "memory.limit_in_bytes",
    v2: "memory.max",
    value: maxMemoryBytes ?? 0,
  };
  const missing = {
    maxPids: maxPids !== null && !isKept(pids) ? maxPids : null,
    maxMemoryBytes: maxMemoryBytes !== null && !isKept(memory) ? maxMemoryBytes : null,
  };
  return { enter, missing };
}

function limitInside(cgroup: CgroupRef | null, { controller, v2, value }: LimitFile): boolean {
  if (cgroup?.version !== 2) return false;
  const parent = join(cgroup.path, "..", "..");
  // refused where the parent has processes of its own or may not hand the controller on; then the file is missing
  for (const path of [parent, join(parent, GROUP)]) writeText(join(path, "cgroup.subtree_control"), `+${controller}`);
  return writeText(join(cgroup.path, v2), String(value));
}

function limitBeside(sessionId: string, { controller, v1, value }: LimitFile): string | null {
  for (const parent of cgroupParents(1, controller)) {
    const path = join(parent.path, GROUP, sessionId);
    try {
      mkdirSync(path, { recursive: true });
    } catch {
      continue;
    }
    if (writeText(join(path, v1), String(value))) return path;
    removeCgroup({ version: 1, path });
  }
  return null;
}

/** Removes the groups that only limited the session. */
export function removeLimits(sessionId: string): void {
  for (const controller of ["pids", "memory"] as const) {
    if (cgroupMounts(1, controller).length === 0) continue;
    for (const { path } of cgroupParents(1, controller))
      removeCgroup({ version: 1, path: join(path, GROUP, sessionId) });
  }
}
