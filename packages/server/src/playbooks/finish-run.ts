import type { Transaction } from "kysely";
import { emitDomainEvent, inTransaction, toStoredJson } from "../storage/index.ts";
import { evaluate } from "./conditions.ts";
import { scopeAt } from "./scope.ts";
import type { Schema } from "../storage/index.ts";
import { JournalMoved, injectFault, tellLive, tellStory } from "./execution.ts";
import type { Execution } from "./execution.ts";
import { changeRun } from "./journal.ts";
import type { Conclusion } from "./conclude.ts";
import type { EndedRunState, StepReason } from "./reasons.ts";
import { toIso } from "../kernel/index.ts";
import { leavePlace } from "./target-locks.ts";

/** Ends the run: its state, the steps that never ran, the story and the event, in one transaction. */
export async function finishRun(
  execution: Execution,
  conclusion: Conclusion,
): Promise<{ readonly kind: "ended"; readonly state: EndedRunState }> {
  const { ctx, run } = execution;
  const { state, reason, outputs } = withOutputs(execution, conclusion);
  const endedAt = ctx.clock.now();
  injectFault(execution, "run.before_end", null);
  await inTransaction(ctx.database, async (trx) => {
    const evenIfAborting = run.abort !== null;
    const changed = await changeRun(
      trx,
      run.id,
      { state, reason, startedAt: endedAt, endedAt, wakeAt: null, ...outputs },
      { evenIfAborting },
    );
    if (!changed) throw new JournalMoved();
    await leavePlace(trx, run);
    if (run.abort?.undo && state !== "aborted") await forgetUndo(trx, run.id);
    await skipOpenSteps(execution, trx, SKIP_REASONS[state] ?? "earlier_step_failed", endedAt);
    const why = reason === null ? "" : ` (${reason.replaceAll("_", " ")})`;
    const by = run.abort === null ? "" : `, by ${run.abort.actor.name}: ${run.abort.reason}`;
    const text = `${run.playbookTitle}: ${state.replaceAll("_", " ")}${why}${by}`;
    const key = run.timesEnded === 0 ? "ended" : `ended:${run.timesEnded}`;
    await tellStory(execution, trx, { key, stepId: null, text, data: { state, reason } });
    await emitDomainEvent(trx, { type: "run.ended", runId: run.id });
  });
  await tellLive(execution);
  injectFault(execution, "run.ended", null);
  return { kind: "ended", state };
}

const SKIP_REASONS: Partial<Readonly<Record<EndedRunState, StepReason>>> = {
  aborted: "run_aborted",
  observed: "observed",
};

/** A phase was taken back; another one may be, and a step may be done again. */
async function forgetUndo(trx: Transaction<Schema>, runId: string): Promise<void> {
  await trx.updateTable("playbook_runs").set({ abort: null }).where("id", "=", runId).execute();
}

async function skipOpenSteps(
  { run }: Execution,
  trx: Transaction<Schema>,
  reason: StepReason,
  at: number,
): Promise<void> {
  await trx
    .updateTable("playbook_steps")
    .set({ state: "skipped", reason, ended_at: toIso(at) })
    .where("run_id", "=", run.id)
    .where("state", "in", ["pending", "waiting"])
    .execute();
  // a step around others that the abort found half-way
  await trx
    .updateTable("playbook_steps")
    .set({ state: "interrupted", reason, ended_at: toIso(at) })
    .where("run_id", "=", run.id)
    .where("state", "=", "running")
    .execute();
}

/** A run that got to its end says what came of it; an output that cannot be told is an exception. */
function withOutputs(
  execution: Execution,
  conclusion: Conclusion,
): Conclusion & { readonly outputs: { readonly outputs?: string } } {
  const wanted = Object.entries(execution.books?.document.outputs ?? {});
  const isComplete = conclusion.state === "completed" || conclusion.state === "completed_with_exceptions";
  if (!isComplete || wanted.length === 0) return { ...conclusion, outputs: {} };
  const scope = scopeAt(execution, null);
  const found = wanted.map(([name, text]) => ({ name, outcome: evaluate(text, scope) }));
  const told = found.flatMap(({ name, outcome }) => (outcome.ok ? [[name, outcome.value]] : []));
  const outputs = { outputs: toStoredJson(Object.fromEntries(told)) ?? "{}" };
  if (told.length === wanted.length || conclusion.reason !== null) return { ...conclusion, outputs };
  return { state: "completed_with_exceptions", reason: "output_failed", outputs };
}
