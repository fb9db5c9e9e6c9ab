import { dirname, join, relative } from "node:path";
import type { ReadText } from "./read-text.ts";

/** What one control group (v2) allows and uses; null where it sets no limit. */
export interface GroupCounters {
  readonly path: string;
  readonly cpu: { readonly cores: number; readonly usedMs: number } | null;
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number } | null;
}

const DEPTH_MAX = 32;

/**
 * The limits that bind this process: those of its own group and of every group above it that is visible here. Inside a
 * container the container's group is the top that is visible. See cgroup-v2.rst of the kernel.
 */
export function readGroupCounters(readText: ReadText): GroupCounters[] {
  const mount = findMount(readText("/proc/self/mountinfo") ?? "");
  const own = /^0::(.*)$/m.exec(readText("/proc/self/cgroup") ?? "")?.[1];
  if (mount === null || own === undefined) return [];
  const inside = relative(mount.root, own);
  const groups: GroupCounters[] = [];
  let path = inside.startsWith("..") ? mount.path : join(mount.path, inside);
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const group = readGroup(readText, path);
    if (group.cpu !== null || group.memory !== null) groups.push(group);
    if (path === mount.path) break;
    path = dirname(path);
  }
  return groups;
}

/** From proc(5): `id parent dev root mountpoint options … - type source superoptions`. */
function findMount(mountinfo: string): { root: string; path: string } | null {
  for (const line of mountinfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "/", path = ""] = left.split(" ");
    if (right.split(" ")[0] === "cgroup2") return { root, path };
  }
  return null;
}

function readGroup(readText: ReadText, path: string): GroupCounters {
  const read = (name: string) => readText(join(path, name)) ?? "";
  return { path, cpu: cpuOf(read("cpu.max"), read("cpu.stat")), memory: memoryOf(read) };
}

/** `cpu.max` is `QUOTA PERIOD` in microseconds, or `max PERIOD`. */
function cpuOf(max: string, stat: string): GroupCounters["cpu"] {
  const [quota = "", period = ""] = max.trim().split(" ");
  const usedUs = /^usage_usec (\d+)$/m.exec(stat)?.[1];
  const cores = Number(quota) / Number(period);
  if (usedUs === undefined || !Number.isFinite(cores) || cores <= 0) return null;
  return { cores, usedMs: Number(usedUs) / 1000 };
}

/** What cannot be given back: file pages that nobody used lately do not count, as container platforms count it. */
function memoryOf(read: (name: string) => string): GroupCounters["memory"] {
  const limitBytes = Number(read("memory.max").trim() || Number.NaN);
  const current = Number(read("memory.current").trim() || Number.NaN);
  if (!Number.isFinite(limitBytes) || !Number.isFinite(current) || limitBytes <= 0) return null;
  const inactive = Number(/^inactive_file (\d+)$/m.exec(read("memory.stat"))?.[1] ?? 0);
  return { usedBytes: Math.max(0, current - inactive), limitBytes };
}
