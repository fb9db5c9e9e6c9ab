import { inTransaction, notifyLive } from "../storage/index.ts";
import type { ApprovalContext } from "./types.ts";

/** Says what came of a used approval; the first word counts. */
export async function noteOutcome(ctx: Pick<ApprovalContext, "database">, id: string, outcome: string): Promise<void> {
  await inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .updateTable("approvals")
      .set({ outcome: outcome.slice(0, 1000).toWellFormed().replaceAll("\u0000", "\uFFFD") })
      .where("id", "=", id)
      .where("outcome", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (row !== undefined) await notifyLive(trx, "approval", id);
  });
}
