import { FirebreakError } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { RunContext } from "./context.ts";
import { JournalMoved, openExecution, plannedOf, refreshExecution, tellLive } from "./execution.ts";
import type { Execution } from "./execution.ts";
import { factsOf } from "./facts.ts";
import type { StepFacts } from "./facts.ts";
import { finishRun } from "./finish-run.ts";
import { changeRun } from "./journal.ts";
import { makeMove } from "./make-move.ts";
import { nextMoves } from "./next-moves.ts";
import type { Decision, Move } from "./next-moves.ts";
import { isEndedRun } from "./reasons.ts";
import type { EndedRunState, RunReason } from "./reasons.ts";
import { observeRun } from "./observe-run.ts";
import { holdBack } from "./hold-back.ts";
import { leavePlace } from "./target-locks.ts";
import { concludeUndo } from "./undo-ended.ts";
import { undoRun } from "./undo-run.ts";

export type RunProgress =
  | { readonly kind: "ended"; readonly state: EndedRunState }
  /** for a person, a time, a condition or a signal; the run goes on when what comes asks for it again */
  | { readonly kind: "waiting"; readonly reason: RunReason }
  /** this process executes the run already */
  | { readonly kind: "busy" };

/** More than any run needs: steps, retries of people, and journal conflicts. */
const ROUNDS_MAX = 100_000;
/** Steps of one run that act at the same time. */
const AT_ONCE_MAX = 20;
/** While something is done, what others write into the journal is looked for this often. */
const REFRESH_MS = 1000;

/** What is being done now, and what went wrong in it. */
interface Workshop {
  readonly busy: Map<string, Promise<void>>;
  /** somebody else has written into the journal */
  moved: boolean;
  fault: { readonly error: unknown } | null;
}

/** Does what is to be done in a run, several things at once where the playbook says so, until it ends or waits. */
export async function driveRun(ctx: RunContext, runId: string, stop: AbortSignal): Promise<RunProgress> {
  const execution = await openExecution(ctx, runId);
  const hold = await holdOrBegin(execution, stop);
  if (hold !== null) return { kind: "waiting", reason: hold };
  const shop: Workshop = { busy: new Map(), moved: false, fault: null };
  try {
    for (let rounds = 0; rounds < ROUNDS_MAX; rounds++) {
      if (shop.fault) throw shop.fault.error;
      if (stop.aborted) throw new FirebreakError("shutting_down", `run ${runId} stops here and goes on elsewhere`);
      if (shop.moved) await catchUp(execution, shop);
      const progress = await playRound(execution, shop, stop);
      if (progress) return progress;
    }
    throw new FirebreakError("internal", `run ${runId} makes no progress`);
  } finally {
    // nothing of this run is done once its lock is given back
    await Promise.allSettled(shop.busy.values());
  }
}

/** @returns why the run may not act, also when somebody writes into its journal while that is found out */
async function holdOrBegin(execution: Execution, stop: AbortSignal): Promise<RunReason | null> {
  for (let rounds = 0; rounds < ROUNDS_MAX && !stop.aborted; rounds++) {
    try {
      return isEndedRun(execution.run.state) ? null : await holdBack(execution);
    } catch (error) {
      if (!(error instanceof JournalMoved)) throw error;
      await refreshExecution(execution, new Set());
    }
  }
  return null;
}

async function catchUp(execution: Execution, shop: Workshop): Promise<void> {
  shop.moved = false;
  await refreshExecution(execution, new Set(shop.busy.keys()));
}

/** @returns null when the run goes on */
async function playRound(execution: Execution, shop: Workshop, stop: AbortSignal): Promise<RunProgress | null> {
  const { run, books } = execution;
  if (isEndedRun(run.state)) return { kind: "ended", state: run.state };
  const mayBegin = books !== null && run.abort === null && run.paused === null && !run.observes;
  const facts = books === null ? [] : factsOf(execution, new Set(shop.busy.keys()));
  const decision = mayBegin ? nextMoves(facts, execution.ctx.clock.now()) : null;
  if (decision) beginMoves(execution, shop, facts, decision.moves);
  if (shop.busy.size > 0) {
    await waitForNews(execution, shop, decision, stop);
    return null;
  }
  try {
    return await closeRound(execution, decision);
  } catch (error) {
    if (!(error instanceof JournalMoved)) throw error;
    shop.moved = true;
    return null;
  }
}

function beginMoves(execution: Execution, shop: Workshop, facts: readonly StepFacts[], moves: readonly Move[]): void {
  for (const move of moves.slice(0, Math.max(0, AT_ONCE_MAX - shop.busy.size))) {
    const act = async () => {
      try {
        await makeMove(execution, plannedOf(execution, move.stepId), move, facts);
      } catch (error) {
        if (error instanceof JournalMoved) shop.moved = true;
        else shop.fault ??= { error };
      } finally {
        shop.busy.delete(move.stepId);
      }
    };
    shop.busy.set(move.stepId, act());
  }
}

/** Until something has ended, a time has come, or it is time to look for what others wrote. */
async function waitForNews(
  execution: Execution,
  shop: Workshop,
  decision: Decision | null,
  stop: AbortSignal,
): Promise<void> {
  const looks = decision !== null && (decision.waits !== null || decision.wakeAt !== null);
  const wakeMs = decision?.wakeAt == null ? REFRESH_MS : decision.wakeAt - execution.ctx.clock.now();
  let wake = (): void => {};
  const called = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const look = () => {
    shop.moved = true;
    wake();
  };
  const timer = looks ? setTimeout(look, Math.max(1, Math.min(REFRESH_MS, wakeMs))) : undefined;
  stop.addEventListener("abort", wake, { once: true });
  await Promise.race([called, ...shop.busy.values()]);
  stop.removeEventListener("abort", wake);
  clearTimeout(timer);
}

/** Nothing is being done: the run has ended, is undone, or waits. */
async function closeRound(execution: Execution, decision: Decision | null): Promise<RunProgress> {
  const { run, books } = execution;
  if (run.abort === null && run.paused !== null) {
    const reason = await holdBack(execution);
    if (reason === null) throw new JournalMoved();
    return { kind: "waiting", reason };
  }
  if (books === null) return finishRun(execution, { state: "failed", reason: "playbook_unreadable" });
  if (run.observes && run.abort === null) return observeRun(execution, books);
  if (run.abort !== null || decision === null) {
    const complete = await undoRun(execution, run.abort?.undo?.phase ?? null);
    return finishRun(execution, concludeUndo(run, complete));
  }
  if (decision.conclusion !== null) return finishRun(execution, decision.conclusion);
  return waitForWorld(execution, decision);
}

async function waitForWorld(execution: Execution, { waits, wakeAt }: Decision): Promise<RunProgress> {
  const { ctx, run } = execution;
  if (waits === null) throw new FirebreakError("internal", `run ${run.id} has nothing to do and waits for nothing`);
  await inTransaction(ctx.database, async (trx) => {
    const waiting = { state: "waiting", reason: waits, startedAt: ctx.clock.now(), wakeAt } as const;
    if (!(await changeRun(trx, run.id, waiting))) throw new JournalMoved();
    if (run.yieldsLocks) await leavePlace(trx, run);
  });
  await tellLive(execution);
  return { kind: "waiting", reason: waits };
}
