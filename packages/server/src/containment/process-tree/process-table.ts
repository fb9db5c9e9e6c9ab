import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import type { ProcessEntry, ProcessTable } from "./types.ts";

const buffer = Buffer.allocUnsafe(256 * 1024);
const KERNEL_THREAD = 0x0020_0000;

/** One look at the process table. */
export interface ProcessScan {
  readonly table: ProcessTable;
  /**
   * False when a process was there and gone before it could be read: it may have left a child that nobody saw. A tree of
   * which each process lives for milliseconds is always seen in a whole scan, because a new process comes after its
   * parent in the list.
   */
  readonly isWhole: boolean;
}

/** Reads the whole process table once; kernel threads are left out. About 4 µs a process on Linux. */
export function scanProcesses(): ProcessScan {
  return process.platform === "linux" ? readProc() : { table: readPs(), isWhole: true };
}

export function snapshotProcesses(): ProcessTable {
  return scanProcesses().table;
}

/** @returns the process as it is now, or null when there is none */
export function readProcess(pid: number): ProcessEntry | null {
  if (process.platform !== "linux") return readPs().get(pid) ?? null;
  return parseStat(readSmall(`/proc/${pid}/stat`));
}

/** The newest first, as far as numbers tell: those that live shortly are read before they are gone. */
function readProc(): ProcessScan {
  const table = new Map<number, ProcessEntry>();
  let isWhole = true;
  const pids = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
  for (const pid of pids.toSorted((a, b) => b - a)) {
    const text = readSmall(`/proc/${pid}/stat`);
    if (text === "") isWhole = false;
    const entry = parseStat(text);
    if (entry !== null) table.set(entry.pid, entry);
  }
  return { table, isWhole };
}

/** @returns the file's first 256 KiB as one character per byte; empty when it cannot be read */
function readSmall(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return "";
  }
  try {
    let length = 0;
    for (;;) {
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      length += count;
      // one read gives a whole stat file; environments may take more
      if (count === 0 || length < 4096 || length === buffer.length) return buffer.toString("latin1", 0, length);
    }
  } catch {
    return "";
  } finally {
    closeSync(fd);
  }
}

/** `pid (comm) state ppid pgrp session …`, see proc(5); comm may itself hold brackets and spaces. */
function parseStat(text: string): ProcessEntry | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < 0) return null;
  const fields = text.slice(close + 2).split(" ", 20);
  const startTime = fields[19];
  if (startTime === undefined || (Number(fields[6]) & KERNEL_THREAD) !== 0) return null;
  return {
    pid: Number(text.slice(0, open - 1)),
    command: text.slice(open + 1, close),
    state: fields[0] ?? "?",
    ppid: Number(fields[1]),
    pgid: Number(fields[2]),
    sid: Number(fields[3]),
    threads: Number(fields[17]),
    startTime,
  };
}

/** macOS and other systems: sessions and environments are not visible, so groups and parents must do. */
function readPs(): ProcessTable {
  const { stdout } = spawnSync("ps", ["-axo", "pid=,ppid=,pgid=,state=,lstart=,comm="], { encoding: "utf8" });
  const table = new Map<number, ProcessEntry>();
  for (const line of stdout.split("\n")) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S)\S*\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
    if (match === null) continue;
    const [, pid = "", ppid = "", pgid = "", state = "?", startTime = "", command = ""] = match;
    table.set(Number(pid), {
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: Number(pgid),
      sid: Number(pgid),
      state,
      threads: 1,
      startTime,
      command: command.slice(command.lastIndexOf("/") + 1),
    });
  }
  return table;
}

/** @returns the session id the process carries in its environment, or null */
export function readSessionMarker(pid: number): string | null {
  return readVariable(pid, "FIREBREAK_SESSION");
}

/** @returns how many processes and threads this process's user has */
export function countTasksOfUser(): number {
  const uid = process.geteuid?.();
  let count = 0;
  for (const { pid, threads } of snapshotProcesses().values()) {
    if (statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid) count += threads;
  }
  return count;
}

/** @returns true when the process carries that agent's name and that kill switch in its environment */
export function carriesAgent(pid: number, agentId: string, killswitchDir: string): boolean {
  return (
    readVariable(pid, "FIREBREAK_AGENT") === agentId && readVariable(pid, "FIREBREAK_KILLSWITCH") === killswitchDir
  );
}

function readVariable(pid: number, name: string): string | null {
  if (process.platform !== "linux") return null;
  const text = `\0${readSmall(`/proc/${pid}/environ`)}`;
  const at = text.indexOf(`\0${name}=`);
  if (at < 0) return null;
  const from = at + name.length + 2;
  const end = text.indexOf("\0", from);
  return text.slice(from, end < 0 ? undefined : end);
}

/** @returns the command line, cut at `maxLength`; it may hold secrets */
export function readCommandLine(pid: number, maxLength = 4096): string {
  return readSmall(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim().slice(0, maxLength);
}

const SIGSTOP_BIT = 1n << 18n;

/**
 * A parent in vfork waits in the kernel (state D) until its child calls exec; stopped children never do. With a stop
 * pending such a parent runs no instruction of its own any more.
 *
 * @returns true when the process has a stop pending
 */
export function hasPendingStop(pid: number): boolean {
  const status = readSmall(`/proc/${pid}/status`);
  const masks = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)/gm)];
  return masks.some((match) => (BigInt(`0x${match[1] ?? "0"}`) & SIGSTOP_BIT) !== 0n);
}

/** @returns true when no thread of the process can run: all are stopped, traced by `isTracer`, or dead */
export function areThreadsStopped(entry: ProcessEntry, isTracer: (pid: number) => boolean): boolean {
  if (entry.state === "t" && !isTracer(readTracer(entry.pid))) return false;
  if (entry.threads <= 1 || process.platform !== "linux") return true;
  try {
    return readdirSync(`/proc/${entry.pid}/task`).every((tid) => {
      const text = readSmall(`/proc/${entry.pid}/task/${tid}/stat`);
      return text === "" || "TtZX".includes(text.charAt(text.lastIndexOf(")") + 2));
    });
  } catch {
    return true;
  }
}

function readTracer(pid: number): number {
  return Number(/^TracerPid:\s*(\d+)/m.exec(readSmall(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** @returns what changes at every start of the system, so that an old pid is not taken for a new one */
export function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
