import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import type { ReadText } from "./read-text.ts";

/** What one process uses. */
export interface ProcessUsage {
  readonly pid: number;
  readonly name: string;
  /** of one core, between this look and the one before; when it is seen first over its whole life, 5 seconds at least */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

export interface ProcessMeter {
  /** @param nowMs of a clock that never jumps */
  look(nowMs: number): Promise<ProcessUsage[]>;
}

interface Counted {
  readonly startTime: string;
  readonly cpuMs: number;
}

const TICK_MS = 10;
/** What a process used for its start says nothing of what it will use. */
const LIFE_MS_MIN = 5_000;
/** After so many processes other work gets its turn. */
const PROCESSES_AT_ONCE = 200;

/** Measures every process of a Linux machine from /proc; about 15 µs a process. */
export function createProcessMeter({
  readText,
  listPids = async () => (await readdir("/proc")).filter((name) => /^\d+$/.test(name)),
}: {
  readonly readText: ReadText;
  readonly listPids?: () => Promise<readonly string[]>;
}): ProcessMeter {
  let before: { readonly atMs: number; readonly counted: ReadonlyMap<number, Counted> } | null = null;
  const pageBytes = 1024 * Number(/^KernelPageSize: +(\d+) kB$/m.exec(readText("/proc/self/smaps") ?? "")?.[1] ?? 4);
  return {
    look: async (nowMs) => {
      const counted = new Map<number, Counted>();
      const usages: ProcessUsage[] = [];
      const uptimeMs = 1000 * Number((readText("/proc/uptime") ?? "").split(" ")[0]);
      for (const [index, pid] of (await listPids()).entries()) {
        if (index % PROCESSES_AT_ONCE === PROCESSES_AT_ONCE - 1) await setImmediate();
        const one = parseStat(readText(`/proc/${pid}/stat`) ?? "");
        if (one === null) continue;
        counted.set(one.pid, one);
        const earlier = before?.counted.get(one.pid);
        const isKnown = earlier !== undefined && earlier.startTime === one.startTime;
        const usedMs = one.cpuMs - (isKnown ? earlier.cpuMs : 0);
        const lifeMs = Math.max(LIFE_MS_MIN, uptimeMs - Number(one.startTime) * TICK_MS);
        const sinceMs = isKnown ? nowMs - (before?.atMs ?? nowMs) : lifeMs;
        const cpuPercent = (100 * Math.max(0, usedMs)) / Math.max(TICK_MS, sinceMs);
        usages.push({ pid: one.pid, name: one.name, cpuPercent, memoryBytes: one.pages * pageBytes });
      }
      before = { atMs: nowMs, counted };
      return usages;
    },
  };
}

/** proc_pid_stat(5), fields after the name: 14 utime, 15 stime, 22 starttime, 24 rss in pages. */
function parseStat(text: string): (Counted & { pid: number; name: string; pages: number }) | null {
  const [open, close] = [text.indexOf("("), text.lastIndexOf(")")];
  const fields = text.slice(close + 2).split(" ", 22);
  const [startTime, pages] = [fields[19], Number(fields[21])];
  if (open < 0 || close < 0 || startTime === undefined || !Number.isFinite(pages)) return null;
  const cpuMs = (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  return { pid: Number(text.slice(0, open - 1)), name: text.slice(open + 1, close), startTime, cpuMs, pages };
}

/** macOS: `ps` says what a process used lately; memory in KiB. */
export function createPsMeter(): ProcessMeter {
  return {
    look: async () => {
      const words = ["-axo", "pid=,%cpu=,rss=,comm="];
      const { stdout } = await promisify(execFile)("/bin/ps", words, { timeout: 5_000, maxBuffer: 16 * 1024 * 1024 });
      return parsePs(stdout);
    },
  };
}

export function parsePs(text: string): ProcessUsage[] {
  return text.split("\n").flatMap((line) => {
    const [, pid, cpu, rss, command = ""] = /^\s*(\d+)\s+([\d.,]+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || cpu === undefined) return [];
    const name = command.slice(command.lastIndexOf("/") + 1);
    return [{ pid: Number(pid), name, cpuPercent: Number(cpu.replace(",", ".")), memoryBytes: Number(rss) * 1024 }];
  });
}
