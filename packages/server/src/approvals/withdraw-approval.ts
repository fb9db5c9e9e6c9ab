import { toIso } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";
import { leaveTrace } from "./leave-trace.ts";
import type { ApprovalContext } from "./types.ts";

/** Takes a question back that nothing waits for any more, in the transaction of whoever asked it. Decided ones stay as they are. */
export async function withdrawApproval(
  trx: Trx,
  ctx: Pick<ApprovalContext, "actor" | "clock" | "recordTimeline">,
  id: string,
  why: string,
): Promise<void> {
  const row = await trx
    .updateTable("approvals")
    .set({ state: "expired", decided_at: toIso(ctx.clock.now()) })
    .where("id", "=", id)
    .where("state", "in", ["pending", "approved"])
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return;
  await leaveTrace(trx, ctx, row, {
    action: "approval.withdraw",
    text: `The question “${row.title}” is withdrawn: ${why}.`,
    detail: { why },
  });
}
