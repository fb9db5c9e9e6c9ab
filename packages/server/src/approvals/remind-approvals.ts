import type { Kysely } from "kysely";
import { roleAllows } from "@firebreak/protocol";
import { anyRow, inTransaction, instant } from "../storage/index.ts";
import { toIso } from "../kernel/index.ts";
import { leaveTrace } from "./leave-trace.ts";
import type { ApprovalContext, ApprovalRow } from "./types.ts";
import type { DueCondition, Instant, Schema } from "../storage/index.ts";

const BATCH_MAX = 100;

const unanswered = (kysely: Kysely<Schema>, now: Instant) =>
  kysely
    .selectFrom("approvals")
    .where("state", "=", "pending")
    .where("reminded_at", "is", null)
    .where("remind_at", "<=", now)
    .where("expires_at", ">", now);

/** Whether {@link remindApprovals} would tell again of one. */
export const isApprovalUnanswered: DueCondition = (kysely, now) => anyRow(unanswered(kysely, now));

/** Tells again of questions that nobody has answered for long, and lets those answer too to whom they escalate. @returns how many */
export async function remindApprovals(ctx: ApprovalContext): Promise<number> {
  const now = ctx.clock.now();
  return inTransaction(ctx.database, async (trx) => {
    const due = await unanswered(trx, instant(now))
      .selectAll()
      .orderBy("remind_at")
      .limit(BATCH_MAX)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const row of due) {
      const reminded = await trx
        .updateTable("approvals")
        .set({ reminded_at: toIso(now), role: roleAfter(row) })
        .where("id", "=", row.id)
        .returningAll()
        .executeTakeFirstOrThrow();
      const too = reminded.role === row.role ? "" : ` Who has the role ${reminded.role} may answer too.`;
      await leaveTrace(trx, ctx, reminded, {
        action: "approval.remind",
        text: `Nobody has answered “${row.title}” yet.${too}`,
        detail: { role: reminded.role, escalatedTo: row.escalate_to },
      });
    }
    return due.length;
  });
}

function roleAfter({ role, escalate_to: escalateTo }: ApprovalRow): ApprovalRow["role"] {
  return escalateTo !== null && roleAllows(role, escalateTo) ? escalateTo : role;
}
