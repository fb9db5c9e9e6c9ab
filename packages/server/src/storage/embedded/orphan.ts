import { readFileSync, readdirSync, realpathSync, rmSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { OperatorError } from "../../kernel/index.ts";
import type { Clock, Logger } from "../../kernel/index.ts";
import type { Layout } from "./data-directory.ts";
import { findPostgresProcesses } from "./processes.ts";
import type { PostgresProcess } from "./processes.ts";

/** Fast shutdown, then immediate shutdown (recovers at the next start), then without mercy. See postgres(1). */
const signals = [
  { signal: "SIGINT", withinMs: 20_000 },
  { signal: "SIGQUIT", withinMs: 5_000 },
  { signal: "SIGKILL", withinMs: 2_000 },
] as const;

/**
 * Stops the server that a killed Firebreak left running on this data directory, and clears away pid files that name a
 * process which is not ours. Call with the home's lock held.
 */
export async function stopOrphan(layout: Layout, clock: Clock, logger: Logger): Promise<void> {
  if (!existsSync(layout.dataDir)) return;
  const dataDir = realpathSync(layout.dataDir);
  const find = () => findPostgresProcesses(dataDir, readRecordedPid(dataDir));
  for (const { signal, withinMs } of signals) {
    const found = find();
    if (found.length === 0) break;
    logger.warn("stopping a database left behind by a Firebreak that was killed", {
      pids: found.map(({ pid }) => pid),
      signal,
    });
    for (const pid of listRoots(found)) signalQuietly(pid, signal);
    await waitUntilGone(find, clock, withinMs);
  }
  const left = find();
  if (left.length > 0) throw describeStubborn(left, dataDir);
  removePidFiles(layout);
}

function readRecordedPid(dataDir: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(dataDir, "postmaster.pid"), "utf8"), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The postmaster, whose children follow it; or, when it died, the children themselves. */
function listRoots(found: readonly PostgresProcess[]): number[] {
  const pids = new Set(found.map(({ pid }) => pid));
  return found.filter(({ parentPid }) => !pids.has(parentPid)).map(({ pid }) => pid);
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone meanwhile, or not ours: the next look decides
  }
}

async function waitUntilGone(find: () => readonly PostgresProcess[], clock: Clock, withinMs: number): Promise<void> {
  const startMs = clock.monotonicMs();
  for (let looks = 0; find().length > 0 && looks < withinMs / 10; looks += 1) {
    if (clock.monotonicMs() - startMs > withinMs) return;
    await delay(10);
  }
}

function describeStubborn(left: readonly PostgresProcess[], dataDir: string): OperatorError {
  const pids = left.map(({ pid }) => pid).join(" ");
  return new OperatorError(
    `A database left behind by an earlier Firebreak still runs on ${dataDir} and cannot be stopped (processes ${pids}).`,
    `Stop it as the user it belongs to (kill -INT ${pids}), then start again.`,
  );
}

/**
 * PostgreSQL refuses to start when a pid in these files is in use by the same user, even by an unrelated program that
 * got a reused pid. No server runs here any more, so they mean nothing.
 */
function removePidFiles({ dataDir, postgresDir }: Layout): void {
  rmSync(join(dataDir, "postmaster.pid"), { force: true });
  for (const name of readdirSync(postgresDir)) {
    if (name.startsWith(".s.PGSQL.")) rmSync(join(postgresDir, name), { force: true });
  }
}
