import { FirebreakError } from "../kernel/index.ts";
import { acquireProcessLock } from "../storage/index.ts";
import type { ProcessLock } from "../storage/index.ts";
import type { RunContext } from "./context.ts";
import { openExecution } from "./execution.ts";
import { factsOf } from "./facts.ts";
import { driveRun } from "./drive-run.ts";
import type { RunProgress } from "./drive-run.ts";
import { nextMoves } from "./next-moves.ts";
import { isEndedRun } from "./reasons.ts";
import type { RunReason } from "./reasons.ts";
import { mayGoOn } from "./hold-back.ts";

export type { RunProgress } from "./drive-run.ts";

/**
 * Executes a run from where its journal stands until it ends or waits. Safe to call at any time, from any process, and
 * again after a crash: one executor at a time, finished steps are not repeated.
 *
 * @throws when the database cannot be reached, another process has the run, its lock is lost, or `signal` fires: call
 *   again later, because only then is it sure that somebody goes on with the run
 */
export async function executeRun(ctx: RunContext, runId: string, signal?: AbortSignal): Promise<RunProgress> {
  for (;;) {
    const lock = await waitForLock(ctx, runId);
    if (lock === "here") return { kind: "busy" };
    const stop = signal ? AbortSignal.any([signal, lock.lost]) : lock.lost;
    let progress: RunProgress;
    try {
      progress = await driveRun(ctx, runId, stop);
    } finally {
      await lock.release();
    }
    if (progress.kind !== "waiting" || !(await mayContinue(ctx, runId, progress.reason))) return progress;
  }
}

/** Two seconds in all: the server needs a moment to notice that a killed process is gone. */
const LOCK_TRIES = 80;
const LOCK_PAUSE_MS = 25;

async function waitForLock(ctx: RunContext, runId: string): Promise<ProcessLock | "here"> {
  for (let tries = 1; ; tries++) {
    const lock = await acquireProcessLock(ctx.database, `run.${runId}`);
    if (lock !== "elsewhere") return lock;
    if (tries === LOCK_TRIES) throw new FirebreakError("conflict", `another process executes run ${runId}`);
    await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
  }
}

/** Between the last look at the journal and the release of the lock a person may have answered, or another run ended. */
async function mayContinue(ctx: RunContext, runId: string, reason: RunReason): Promise<boolean> {
  const execution = await openExecution(ctx, runId);
  const { run, books } = execution;
  if (isEndedRun(run.state) || books === null) return false;
  if (reason === "paused" || reason === "locked") return mayGoOn(ctx, run, reason);
  if (run.abort !== null) return true;
  const { moves, conclusion } = nextMoves(factsOf(execution, new Set()), ctx.clock.now());
  return moves.length > 0 || conclusion !== null;
}
