import type { Kysely } from "kysely";
import { withdrawApproval } from "../approvals/index.ts";
import type { ApprovalContext } from "../approvals/index.ts";
import { anyRow, inTransaction } from "../storage/index.ts";
import type { DueCondition, Schema } from "../storage/index.ts";

const BATCH_MAX = 100;

const orphaned = (kysely: Kysely<Schema>) =>
  kysely
    .selectFrom("approvals as approval")
    .innerJoin("playbook_steps as step", "step.approval_id", "approval.id")
    .where("approval.state", "in", ["pending", "approved"])
    .where("step.state", "not in", ["waiting", "pending", "running", "succeeded"]);

/** Whether {@link withdrawQuestions} would take one back. */
export const isQuestionOrphaned: DueCondition = (kysely) => anyRow(orphaned(kysely));

/**
 * Takes back the questions of steps that wait no more: skipped, timed out with the steps around them, or aborted. An answer to one
 * would have changed nothing. For a daemon, every second.
 *
 * @returns how many were taken back
 */
export async function withdrawQuestions(ctx: ApprovalContext): Promise<number> {
  return inTransaction(ctx.database, async (trx) => {
    const stale = await orphaned(trx)
      .select(["approval.id", "step.step_id", "step.state"])
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
