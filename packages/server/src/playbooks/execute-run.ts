import { FirebreakError } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { RunContext } from "./context.ts";
import {
  JournalMoved,
  factsOf,
  noteStep,
  openExecution,
  plannedOf,
  recordOf,
  tellStory,
  writeStep,
} from "./execution.ts";
import type { Execution } from "./execution.ts";
import { finishRun } from "./finish-run.ts";
import { holdBack, mayGoOn } from "./hold-back.ts";
import { changeRun, readRun } from "./journal.ts";
import { openManualStep } from "./open-manual-step.ts";
import { nextMove } from "./next-move.ts";
import type { Move } from "./next-move.ts";
import { endStep, performStep } from "./perform-step.ts";
import type { PlannedStep } from "./plan.ts";
import { isEndedRun } from "./reasons.ts";
import type { EndedRunState, RunReason } from "./reasons.ts";
import { acquireRunLock } from "./run-lock.ts";
import type { RunLock } from "./run-lock.ts";
import { judgeWhen, skipStep } from "./skip-step.ts";
import { leavePlace } from "./target-locks.ts";
import { undoRun } from "./undo-run.ts";

export type RunProgress =
  | { readonly kind: "ended"; readonly state: EndedRunState }
  /** for a person; the run goes on when the person's answer asks for it again */
  | { readonly kind: "waiting"; readonly reason: RunReason }
  /** this process executes the run already */
  | { readonly kind: "busy" };

/** A step that died with its executor this often is not tried again without a person. */
const DEATHS_MAX = 5;
/** More than any run needs: steps, retries of people, and journal conflicts. */
const MOVES_MAX = 10_000;

/**
 * Executes a run from where its journal stands until it ends or waits for a person. Safe to call at any time, from
 * any process, and again after a crash: one executor at a time, finished steps are not repeated.
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
      progress = await drive(ctx, runId, stop);
    } finally {
      await lock.release();
    }
    if (progress.kind !== "waiting" || !(await mayContinue(ctx, runId, progress.reason))) return progress;
  }
}

/** Two seconds in all: the server needs a moment to notice that a killed process is gone. */
const LOCK_TRIES = 80;
const LOCK_PAUSE_MS = 25;

async function waitForLock(ctx: RunContext, runId: string): Promise<RunLock | "here"> {
  for (let tries = 1; ; tries++) {
    const lock = await acquireRunLock(ctx.database, runId);
    if (lock !== "elsewhere") return lock;
    if (tries === LOCK_TRIES) throw new FirebreakError("conflict", `another process executes run ${runId}`);
    await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
  }
}

/** Between the last look at the journal and the release of the lock a person may have answered, or another run ended. */
async function mayContinue(ctx: RunContext, runId: string, reason: RunReason): Promise<boolean> {
  const run = await readRun(ctx.database, runId);
  if (isEndedRun(run.state)) return false;
  if (reason === "paused" || reason === "locked") return mayGoOn(ctx, run, reason);
  const waits = [...run.steps.values()].some((step) => step.state === "waiting" || step.state === "interrupted");
  return run.abort !== null || !waits;
}

async function drive(ctx: RunContext, runId: string, stop: AbortSignal): Promise<RunProgress> {
  let execution = await openExecution(ctx, runId);
  const hold = isEndedRun(execution.run.state) ? null : await holdBack(execution);
  if (hold !== null) return { kind: "waiting", reason: hold };
  for (let moves = 0; moves < MOVES_MAX; moves++) {
    if (stop.aborted) throw new FirebreakError("shutting_down", `run ${runId} stops here and goes on elsewhere`);
    if (isEndedRun(execution.run.state)) return { kind: "ended", state: execution.run.state };
    try {
      const progress = await makeMove(execution);
      if (progress) return progress;
    } catch (error) {
      if (!(error instanceof JournalMoved)) throw error;
      execution = await openExecution(ctx, runId);
    }
  }
  throw new FirebreakError("internal", `run ${runId} makes no progress`);
}

/** @returns null when the run goes on */
async function makeMove(execution: Execution): Promise<RunProgress | null> {
  const { run, plan } = execution;
  if (plan === null) return finishRun(execution, { state: "failed", reason: "playbook_unreadable" });
  if (run.abort !== null) {
    const complete = await undoRun(execution, plan);
    return finishRun(execution, { state: "aborted", reason: complete ? "aborted_by_person" : "undo_incomplete" });
  }
  if (run.paused !== null) return waitPaused(execution);
  const move = nextMove(factsOf(execution, plan));
  switch (move.kind) {
    case "begin":
      return beginStep(execution, plannedOf(execution, move.stepId));
    case "recover":
      return recoverStep(execution, plannedOf(execution, move.stepId));
    case "wait":
      return waitForPerson(execution, move);
    case "conclude":
      return finishRun(execution, move.conclusion);
    default:
      return move satisfies never;
  }
}

async function beginStep(execution: Execution, planned: PlannedStep): Promise<null> {
  const verdict = judgeWhen(execution, planned);
  if (verdict === "skip") await skipStep(execution, planned);
  else if (verdict !== "run") await failCondition(execution, planned, verdict.failed);
  else if (planned.step.type === "manual") await openManualStep(execution, planned, planned.step);
  else await performStep(execution, planned);
  return null;
}

async function failCondition(execution: Execution, planned: PlannedStep, message: string): Promise<void> {
  const result = { state: "failed", reason: "condition_failed", message, output: {}, mayRetry: false } as const;
  await endStep(execution, planned, result);
}

/** A step that was running when its executor died: again if that does no harm, else a person decides. */
async function recoverStep(execution: Execution, planned: PlannedStep): Promise<null> {
  const { attempts } = recordOf(execution, planned.id);
  if (mayRepeat(execution, planned) && attempts <= planned.retries + DEATHS_MAX) await performStep(execution, planned);
  else await interruptStep(execution, planned);
  return null;
}

function mayRepeat({ ctx }: Execution, { step }: PlannedStep): boolean {
  if (step.type !== "action") return true;
  return ctx.effectors.get(step.effector)?.idempotent ?? false;
}

async function interruptStep(execution: Execution, planned: PlannedStep): Promise<void> {
  const { ctx, run } = execution;
  const known = recordOf(execution, planned.id);
  const message = "Firebreak died while this step ran. Look whether it took effect, then say so or run it again.";
  await inTransaction(ctx.database, async (trx) => {
    await writeStep(execution, trx, known, { state: "interrupted", reason: "interrupted", message });
    const story = { key: `${planned.id}:interrupted:${known.attempts}`, stepId: planned.id };
    await tellStory(execution, trx, {
      ...story,
      text: `${planned.step.title}: interrupted — ${message}`,
      data: { state: "interrupted" },
    });
    await notifyLive(trx, "run", run.id);
  });
  noteStep(execution, known, { state: "interrupted", reason: "interrupted" });
}

async function waitPaused(execution: Execution): Promise<RunProgress | null> {
  const reason = await holdBack(execution);
  return reason === null ? null : { kind: "waiting", reason };
}

async function waitForPerson(execution: Execution, move: Extract<Move, { kind: "wait" }>): Promise<RunProgress> {
  const { ctx, run } = execution;
  const { reason } = move;
  await inTransaction(ctx.database, async (trx) => {
    const startedAt = ctx.clock.now();
    if (!(await changeRun(trx, run.id, { state: "waiting", reason, startedAt }))) throw new JournalMoved();
    if (run.yieldsLocks) await leavePlace(trx, run);
  });
  return { kind: "waiting", reason };
}
