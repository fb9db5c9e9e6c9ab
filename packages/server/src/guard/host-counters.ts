import { execFile } from "node:child_process";
import { statfs } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { promisify } from "node:util";
import { readGroupCounters } from "./cgroup-counters.ts";
import type { GroupCounters } from "./cgroup-counters.ts";
import type { ReadText } from "./read-text.ts";

/** What the machine has counted so far. Processor times are sums over all cores since it was started. */
export interface HostCounters {
  readonly cpu: { readonly busyMs: number; readonly totalMs: number; readonly cores: number };
  readonly memory: { readonly usedBytes: number; readonly totalBytes: number };
  readonly disk: { readonly usedPercent: number; readonly freeBytes: number } | null;
  readonly groups: readonly GroupCounters[];
}

export interface HostSources {
  readonly platform: NodeJS.Platform;
  readonly readText: ReadText;
  /** the directory whose file system is watched */
  readonly home: string;
}

/** @throws Error when the system does not say what is needed */
export async function readHostCounters({ platform, readText, home }: HostSources): Promise<HostCounters> {
  const disk = await readDisk(home);
  if (platform === "linux") {
    return { ...readLinux(readText), disk, groups: readGroupCounters(readText) };
  }
  if (platform === "darwin") {
    const { stdout } = await promisify(execFile)("/usr/bin/vm_stat", [], { timeout: 2_000 });
    const memory = { usedBytes: parseVmStat(stdout), totalBytes: totalmem() };
    return { cpu: sumCores(), memory, disk, groups: [] };
  }
  throw new Error(`the resource guard cannot read a machine with ${platform}`);
}

/** `df` of that file system: what is used of what users may use. */
async function readDisk(path: string): Promise<HostCounters["disk"]> {
  try {
    const { blocks, bfree, bavail, bsize } = await statfs(path);
    const used = blocks - bfree;
    return { usedPercent: (100 * used) / Math.max(1, used + bavail), freeBytes: bavail * bsize };
  } catch {
    return null;
  }
}

/** A tick is 10 ms: USER_HZ is 100 on every Linux. */
const TICK_MS = 10;

/**
 * Counted as psutil does, which the runbook's guard uses: busy is all but idle and iowait; guest time is part of user
 * time; memory is used when it is not available for new programs without swapping.
 */
function readLinux(readText: ReadText): Pick<HostCounters, "cpu" | "memory"> {
  const stat = readText("/proc/stat") ?? "";
  const line = /^cpu +(.*)$/m.exec(stat)?.[1];
  const [user, nice, system, idle, iowait = 0, irq = 0, softirq = 0, steal = 0] = (line ?? "").split(" ").map(Number);
  const meminfo = readText("/proc/meminfo") ?? "";
  const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(meminfo)?.[1] ?? Number.NaN);
  const [total, available] = [kib("MemTotal"), kib("MemAvailable")];
  if (user === undefined || nice === undefined || system === undefined || idle === undefined)
    throw new Error("/proc/stat does not tell the processor's times");
  if (!Number.isFinite(total) || !Number.isFinite(available))
    throw new Error("/proc/meminfo does not tell MemTotal and MemAvailable");
  const busy = user + nice + system + irq + softirq + steal;
  return {
    cpu: {
      busyMs: busy * TICK_MS,
      totalMs: (busy + idle + iowait) * TICK_MS,
      cores: stat.match(/^cpu\d+ /gm)?.length ?? 1,
    },
    memory: { usedBytes: (total - available) * 1024, totalBytes: total * 1024 },
  };
}

function sumCores(): HostCounters["cpu"] {
  const cores = cpus();
  const times = cores.map((core) => core.times);
  const busyMs = times.reduce((sum, one) => sum + one.user + one.nice + one.sys + one.irq, 0);
  return { busyMs, totalMs: busyMs + times.reduce((sum, one) => sum + one.idle, 0), cores: cores.length };
}

/** What `vm_stat` of macOS prints: pages that are wired, active or held by the compressor cannot be given away. */
export function parseVmStat(text: string): number {
  const pageSize = Number(/page size of (\d+) bytes/.exec(text)?.[1] ?? Number.NaN);
  const pages = (name: string) => Number(new RegExp(`^${name}: +(\\d+)\\.$`, "m").exec(text)?.[1] ?? Number.NaN);
  const used = pages("Pages active") + pages("Pages wired down") + pages("Pages occupied by compressor");
  if (!Number.isFinite(pageSize * used)) throw new Error("vm_stat does not tell the pages in use");
  return pageSize * used;
}

/** How much is used of what there is: of the machine, or of the container's limit when that is nearer. */
export interface Use {
  readonly percent: number;
  readonly of: "host" | "container";
  /** cores, or bytes */
  readonly capacity: number;
}

export interface HostReading {
  readonly cpu: Use;
  readonly memory: Use;
  readonly disk: { readonly percent: number; readonly freeBytes: number } | null;
}

/**
 * The machine between two moments. Where a container's limit is nearer than the machine's own, that is what counts.
 *
 * @param elapsedMs between the two, by a clock that never jumps
 */
export function compareCounters(before: HostCounters, after: HostCounters, elapsedMs: number): HostReading {
  const busy = share(after.cpu.busyMs - before.cpu.busyMs, after.cpu.totalMs - before.cpu.totalMs);
  const groupsCpu = after.groups.flatMap(({ path, cpu }) => {
    const earlier = before.groups.find((one) => one.path === path)?.cpu ?? null;
    if (cpu === null || earlier === null) return [];
    return { percent: share(cpu.usedMs - earlier.usedMs, cpu.cores * elapsedMs), capacity: cpu.cores };
  });
  const used = share(after.memory.usedBytes, after.memory.totalBytes);
  const groupsMemory = after.groups.flatMap(({ memory }) =>
    memory === null ? [] : { percent: share(memory.usedBytes, memory.limitBytes), capacity: memory.limitBytes },
  );
  return {
    cpu: nearest({ percent: busy, capacity: after.cpu.cores }, groupsCpu),
    memory: nearest({ percent: used, capacity: after.memory.totalBytes }, groupsMemory),
    disk: after.disk === null ? null : { percent: after.disk.usedPercent, freeBytes: after.disk.freeBytes },
  };
}

function nearest(host: Omit<Use, "of">, groups: readonly Omit<Use, "of">[]): Use {
  return groups.reduce<Use>((most, one) => (one.percent > most.percent ? { ...one, of: "container" } : most), {
    ...host,
    of: "host",
  });
}

/** Percent from 0 to 100; counters of a machine that slept or was migrated may run backwards. */
function share(part: number, whole: number): number {
  if (!(whole > 0) || !(part > 0)) return 0;
  return Math.min(100, (100 * part) / whole);
}
