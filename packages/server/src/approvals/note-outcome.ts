import { recordAudit } from "../audit/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { ApprovalContext } from "./types.ts";

/** Says what came of a used approval; the first word counts. */
export async function noteOutcome(
  ctx: Pick<ApprovalContext, "actor" | "clock" | "database">,
  id: string,
  said: string,
): Promise<void> {
  const outcome = said.slice(0, 1000).toWellFormed().replaceAll("\u0000", "\uFFFD");
  await inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .updateTable("approvals")
      .set({ outcome })
      .where("id", "=", id)
      .where("outcome", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (row === undefined) return;
    const act = { action: "approval.outcome", target: id, detail: { outcome } };
    await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, ...act });
    await notifyLive(trx, "approval", id);
  });
}
