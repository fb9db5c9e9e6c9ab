import { withdrawApproval } from "../approvals/index.ts";
import type { ApprovalContext } from "../approvals/index.ts";
import { inTransaction } from "../storage/index.ts";

const BATCH_MAX = 100;

/**
 * Takes back the questions of steps that wait no more: skipped, timed out with the steps around them, or aborted. An answer to one
 * would have changed nothing. For a daemon, every second.
 *
 * @returns how many were taken back
 */
export async function withdrawQuestions(ctx: ApprovalContext): Promise<number> {
  return inTransaction(ctx.database, async (trx) => {
    const stale = await trx
      .selectFrom("approvals as approval")
      .innerJoin("playbook_steps as step", "step.approval_id", "approval.id")
      .select(["approval.id", "step.step_id", "step.state"])
      .where("approval.state", "in", ["pending", "approved"])
      .where("step.state", "not in", ["waiting", "pending", "running", "succeeded"])
      .limit(BATCH_MAX)
      .forUpdate("approval")
      .skipLocked()
      .execute();
    for (const { id, step_id: stepId, state } of stale) {
      await withdrawApproval(trx, ctx, id, `the step ${stepId} is ${state.replaceAll("_", " ")}`);
    }
    return stale.length;
  });
}
