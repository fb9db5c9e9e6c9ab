import { FirebreakError } from "../kernel/index.ts";
import { emitDomainEvent } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { RunRecord } from "./journal.ts";
import { isEndedRun } from "./reasons.ts";
import { lockOpenRun } from "./tell-control.ts";

/**
 * Lets a run go on after a person changed one of its steps, also one that had ended with a failure: the steps that never ran
 * because of it are pending again. In the transaction of that change, before it.
 *
 * @throws FirebreakError conflict when the run ended otherwise, or is being aborted
 */
export async function reopenRun(trx: Trx, run: Pick<RunRecord, "id" | "state" | "timesEnded">): Promise<void> {
  await emitDomainEvent(trx, { type: "run.requested", runId: run.id });
  if (!isEndedRun(run.state)) return lockOpenRun(trx, run.id);
  const result = await trx
    .updateTable("playbook_runs")
    .set({ state: "pending", reason: null, ended_at: null, paused: null, times_ended: run.timesEnded + 1 })
    .where("id", "=", run.id)
    .where("state", "in", ["failed", "completed_with_exceptions"])
    .where("abort", "is", null)
    .where("times_ended", "=", run.timesEnded)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) {
    const state = run.state.replaceAll("_", " ");
    throw new FirebreakError("conflict", `run ${run.id} has ended (${state}) and cannot be taken up again`);
  }
  await trx
    .updateTable("playbook_steps")
    .set({ state: "pending", reason: null, ended_at: null })
    .where("run_id", "=", run.id)
    .where("state", "=", "skipped")
    .where("reason", "=", "earlier_step_failed")
    .execute();
}
