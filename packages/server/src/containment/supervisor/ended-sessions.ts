import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { readSupervisorEntries, sessionPaths } from "../registry.ts";
import { openSpool } from "./spool.ts";

const KEEP_MS = 30 * 24 * 3_600_000;
const KEEP_MAX = 500;

/** @returns the ids of the sessions that left files here and are not supervised any more, oldest first */
function endedSessionIds(home: string): string[] {
  const supervised = new Set(readSupervisorEntries(home).entries.map((entry) => entry.sessionId));
  try {
    return readdirSync(join(home, "sessions"))
      .filter((id) => !supervised.has(id) && modifiedMs(sessionPaths(home, id).final) !== null)
      .toSorted();
  } catch {
    return [];
  }
}

function modifiedMs(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** Removes the files of sessions that ended 30 days ago, and the oldest of more than 500; unsent telemetry stays. */
export function pruneSessions({ home, nowMs }: { home: string; nowMs: number }): number {
  const ids = endedSessionIds(home);
  const old = ids.filter((id, i) => {
    const paths = sessionPaths(home, id);
    const isOld = nowMs - (modifiedMs(paths.final) ?? nowMs) > KEEP_MS || i < ids.length - KEEP_MAX;
    return isOld && (statSync(paths.spool, { throwIfNoEntry: false })?.size ?? 0) === 0;
  });
  for (const id of old) rmSync(sessionPaths(home, id).dir, { recursive: true, force: true });
  return old.length;
}

/**
 * Hands over the telemetry of ended sessions that never reached the server. A batch leaves the spool when `accept`
 * resolves; the events carry ids, so a batch handed over twice counts once.
 *
 * @param options.accept takes NDJSON; whole lines, at most 2 MiB
 * @returns the number of lines handed over
 */
export async function drainSpools(options: {
  home: string;
  accept: (ndjson: Buffer, sessionId: string) => Promise<void>;
}): Promise<number> {
  let lines = 0;
  for (const sessionId of endedSessionIds(options.home)) {
    const { spool: path } = sessionPaths(options.home, sessionId);
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) continue;
    const spool = openSpool(path);
    try {
      for (let batch = spool.peek(); batch !== null; batch = spool.peek()) {
        await options.accept(batch.body, sessionId);
        spool.remove(batch);
        lines += batch.lines;
      }
    } finally {
      spool.close();
    }
  }
  return lines;
}
