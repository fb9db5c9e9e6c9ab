import { sql } from "kysely";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";
import type { RunRecord, StepRecord } from "./journal.ts";

/**
 * Lets the steps around one go on that had ended, because one within them changes: their time box begins anew, and what never ran
 * within them is pending again. In the transaction of that change.
 *
 * @throws FirebreakError conflict when a step around it ended in another way, and has to be done again itself
 */
export async function reopenAround(trx: Trx, run: RunRecord, stepId: string, now: number): Promise<void> {
  for (const around of stepsAround(run, stepId)) {
    if (around.state === "pending" || around.state === "running" || around.state === "waiting") continue;
    const goesOn = around.state === "succeeded" || (around.state === "failed" && around.reason === "failed_within");
    if (!goesOn) {
      const state = around.state.replaceAll("_", " ");
      const message = `step ${stepId} stands within ${around.stepId}, which is ${state}; do that one again instead`;
      throw new FirebreakError("conflict", message);
    }
    const boxMs = around.dueAt === null || around.startedAt === null ? null : around.dueAt - around.startedAt;
    await trx
      .updateTable("playbook_steps")
      .set({
        state: "running",
        reason: null,
        ended_at: null,
        ...(boxMs === null ? {} : { started_at: toIso(now), due_at: toIso(now + boxMs) }),
      })
      .where("run_id", "=", run.id)
      .where("step_id", "=", around.stepId)
      .where("state", "=", around.state)
      .execute();
    await reopenWithin(trx, run.id, around.stepId);
  }
}

function stepsAround(run: RunRecord, stepId: string): StepRecord[] {
  const around: StepRecord[] = [];
  for (let parent = run.steps.get(stepId)?.parentId ?? null; parent !== null;) {
    const record = run.steps.get(parent);
    if (record === undefined) return around;
    around.push(record);
    parent = record.parentId;
  }
  return around;
}

/** What never ran within a step, because something failed or was denied there, is pending again. */
export async function reopenWithin(trx: Trx, runId: string, stepId: string): Promise<void> {
  await sql`
    with recursive inside as (
      select step_id from playbook_steps where run_id = ${runId} and parent_id = ${stepId}
      union
      select step.step_id from playbook_steps step join inside on step.parent_id = inside.step_id
      where step.run_id = ${runId}
    )
    update playbook_steps set state = 'pending', reason = null, ended_at = null
    where run_id = ${runId} and step_id in (select step_id from inside)
      and state = 'skipped' and reason = 'earlier_step_failed'`.execute(trx);
}
