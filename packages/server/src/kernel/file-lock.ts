import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { codeOf, FirebreakError } from "./errors.ts";
import { processExists, readProcessStartTime } from "./process-identity.ts";

export interface LockPatience {
  /** whoever keeps the lock longer is taken for stopped or stuck, and it is taken over */
  readonly heldTooLongMs: number;
  readonly giveUpMs: number;
}

/** For a writer of the kill switch's journal, who needs a few milliseconds and must not block a stop. */
const SHORT_WORK: LockPatience = { heldTooLongMs: 1500, giveUpMs: 5000 };
const RETRY_MS = 2;

interface Holder {
  readonly pid: number;
  readonly startTime: string | null;
  readonly host: string;
  readonly token: string;
}

/**
 * Runs `work` while no other process holds the lock file. A lock whose holder died, or has kept it too long, is taken
 * over: what it guards must bear that two meet.
 */
export async function withFileLock<T>(
  path: string,
  clock: Clock,
  work: () => T | Promise<T>,
  patience: LockPatience = SHORT_WORK,
): Promise<T> {
  const token = await acquire(path, clock, patience);
  try {
    return await work();
  } finally {
    release(path, token);
  }
}

/** @returns what `work` gave, or undefined when somebody else holds the lock just now */
export function withFreeFileLock<T>(path: string, work: () => T): T | undefined {
  const token = tryCreate(path);
  if (token === null) return undefined;
  try {
    return work();
  } finally {
    release(path, token);
  }
}

/** An unreadable lock is our own from a full disk: every other holder writes its token. */
function release(path: string, token: string): void {
  if ((readHolder(path)?.token ?? token) === token) rmSync(path, { force: true });
}

async function acquire(path: string, clock: Clock, { heldTooLongMs, giveUpMs }: LockPatience): Promise<string> {
  const startMs = clock.monotonicMs();
  let waitedFor = { token: "", sinceMs: startMs };
  for (;;) {
    const token = tryCreate(path);
    if (token !== null) return token;
    const nowMs = clock.monotonicMs();
    const holder = readHolder(path);
    if (holder !== null && holder.token !== waitedFor.token) waitedFor = { token: holder.token, sinceMs: nowMs };
    if (nowMs - waitedFor.sinceMs > heldTooLongMs || isGone(holder)) takeOver(path, waitedFor.token);
    if (nowMs - startMs > giveUpMs) {
      throw new FirebreakError("conflict", `the lock ${path} cannot be taken; remove that file and retry`);
    }
    await sleep(RETRY_MS);
  }
}

function tryCreate(path: string): string | null {
  const token = randomBytes(8).toString("hex");
  const holder: Holder = { pid: process.pid, startTime: readProcessStartTime(process.pid), host: hostname(), token };
  try {
    const fd = openSync(path, "wx", 0o600);
    try {
      writeSync(fd, JSON.stringify(holder));
    } catch {
      // a full disk leaves the lock empty: it still excludes others and is removed below by its age
    } finally {
      closeSync(fd);
    }
    return token;
  } catch (fault) {
    if (codeOf(fault) === "EEXIST") return null;
    throw fault;
  }
}

function readHolder(path: string): Holder | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value !== "object" || value === null) return null;
    if (!("pid" in value) || typeof value.pid !== "number" || !("token" in value)) return null;
    const startTime = "startTime" in value && typeof value.startTime === "string" ? value.startTime : null;
    const host = "host" in value && typeof value.host === "string" ? value.host : "";
    return { pid: value.pid, startTime, host, token: String(value.token) };
  } catch {
    return null;
  }
}

function isGone(holder: Holder | null): boolean {
  if (holder === null || holder.host !== hostname()) return false;
  if (!processExists(holder.pid)) return true;
  const startTime = readProcessStartTime(holder.pid);
  return holder.startTime !== null && startTime !== null && startTime !== holder.startTime;
}

/** Removes a stale lock, unless its holder changed since it was judged. */
function takeOver(path: string, token: string): void {
  const holder = readHolder(path);
  if (holder === null || holder.token === token) rmSync(path, { force: true });
}
