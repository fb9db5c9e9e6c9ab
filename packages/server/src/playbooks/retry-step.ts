import type { Actor, RunView } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { readRun } from "./journal.ts";
import type { RunRecord, StepRecord } from "./journal.ts";
import { getRun } from "./list-runs.ts";
import { isFailure } from "./reasons.ts";
import { reopenAround, reopenWithin } from "./reopen-around.ts";
import { reopenRun } from "./reopen-run.ts";
import type { StepControl } from "./pass-over-step.ts";
import { tellControl } from "./tell-control.ts";
import type { ControlContext } from "./tell-control.ts";

/**
 * Has a step that did not succeed done once more, with the parameters it began with; what never ran because of it follows. What
 * came of it before is kept beside the journal. An approval is asked for anew.
 *
 * @throws FirebreakError not_found, conflict when the step or its run is in no state for it
 */
export async function retryStep(ctx: ControlContext, { runId, stepId, reason }: StepControl): Promise<RunView> {
  const run = await readRun(ctx.database, runId);
  const known = run.steps.get(stepId);
  if (!known) throw new FirebreakError("not_found", `run ${runId} has no step ${stepId}`);
  if (known.reason === "undo_failed" || !(isFailure(known.state) || known.state === "interrupted")) {
    const state = known.state.replaceAll("_", " ");
    throw new FirebreakError("conflict", `step ${stepId} is ${state}; only what did not succeed is done again`);
  }
  if (known.reason === "failed_within") {
    throw new FirebreakError("conflict", `step ${stepId} failed by a step within it; do that one again`);
  }
  await inTransaction(ctx.database, async (trx) => {
    await reopenRun(trx, run);
    await reopenAround(trx, run, stepId, ctx.clock.now());
    await keepAttempt(trx, run, known);
    if (!(await makePending(trx, run, known, ctx.actor))) {
      throw new FirebreakError("conflict", `step ${stepId} has changed meanwhile; look at the run again`);
    }
    await reopenWithin(trx, runId, stepId);
    const did = `has the step ${stepId} done again, which was ${known.state.replaceAll("_", " ")}`;
    await tellControl(trx, ctx, run, {
      action: "playbook.retry_step",
      stepId,
      did,
      reason,
      data: { was: known.state },
    });
  });
  return getRun(ctx.database, runId);
}

async function keepAttempt(trx: Trx, { id: runId }: RunRecord, { stepId }: StepRecord): Promise<void> {
  const row = await trx
    .selectFrom("playbook_steps")
    .selectAll()
    .where("run_id", "=", runId)
    .where("step_id", "=", stepId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { count } = await trx
    .selectFrom("playbook_attempts")
    .select((expression) => expression.fn.countAll<string>().as("count"))
    .where("run_id", "=", runId)
    .where("step_id", "=", stepId)
    .executeTakeFirstOrThrow();
  await trx
    .insertInto("playbook_attempts")
    .values({
      run_id: runId,
      step_id: stepId,
      number: Number(count) + 1,
      state: row.state,
      reason: row.reason,
      message: row.message,
      input: JSON.stringify(row.input),
      output: JSON.stringify(row.output),
      started_at: row.started_at === null ? null : toIso(row.started_at.getTime()),
      ended_at: row.ended_at === null ? null : toIso(row.ended_at.getTime()),
    })
    .execute();
}

/** The count of attempts goes on, so that each has its own entry in the record. */
async function makePending(trx: Trx, { id: runId }: RunRecord, known: StepRecord, by: Actor): Promise<boolean> {
  const result = await trx
    .updateTable("playbook_steps")
    .set({
      state: "pending",
      reason: "retried_by_person",
      message: null,
      approval_id: null,
      retried_by: JSON.stringify(by),
      ended_at: null,
      started_at: null,
    })
    .where("run_id", "=", runId)
    .where("step_id", "=", known.stepId)
    .where("state", "=", known.state)
    .where("attempts", "=", known.attempts)
    .where("reason", "is not distinct from", known.reason)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
