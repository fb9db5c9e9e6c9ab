import type { Transaction } from "kysely";
import { emitDomainEvent, inTransaction } from "../storage/index.ts";
import type { Schema } from "../storage/index.ts";
import { JournalMoved, injectFault, tellStory } from "./execution.ts";
import type { Execution } from "./execution.ts";
import { changeRun } from "./journal.ts";
import type { Conclusion } from "./next-move.ts";
import type { EndedRunState, StepReason } from "./reasons.ts";
import { toIso } from "../kernel/index.ts";
import { leavePlace } from "./target-locks.ts";

/** Ends the run: its state, the steps that never ran, the story and the event, in one transaction. */
export async function finishRun(
  execution: Execution,
  { state, reason }: Conclusion,
): Promise<{ readonly kind: "ended"; readonly state: EndedRunState }> {
  const { ctx, run } = execution;
  const endedAt = ctx.clock.now();
  injectFault(execution, "run.before_end", null);
  await inTransaction(ctx.database, async (trx) => {
    const evenIfAborting = run.abort !== null;
    const changed = await changeRun(trx, run.id, { state, reason, startedAt: endedAt, endedAt }, { evenIfAborting });
    if (!changed) throw new JournalMoved();
    await leavePlace(trx, run);
    await skipOpenSteps(execution, trx, state === "aborted" ? "run_aborted" : "earlier_step_failed", endedAt);
    const why = reason === null ? "" : ` (${reason.replaceAll("_", " ")})`;
    const by = run.abort === null ? "" : `, by ${run.abort.actor.name}: ${run.abort.reason}`;
    const text = `${run.playbookTitle}: ${state.replaceAll("_", " ")}${why}${by}`;
    const key = run.timesEnded === 0 ? "ended" : `ended:${run.timesEnded}`;
    await tellStory(execution, trx, { key, stepId: null, text, data: { state, reason } });
    await emitDomainEvent(trx, { type: "run.ended", runId: run.id });
  });
  injectFault(execution, "run.ended", null);
  return { kind: "ended", state };
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
}
