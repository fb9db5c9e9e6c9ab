import type { ReplayView } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { WorkshopContext } from "../context.ts";
import { getReplay } from "./get-replay.ts";
import { SUMMARY_COLUMNS, viewReplay } from "./replay-row.ts";

/**
 * Ends a replay that waits or runs; a running one notices within a second.
 *
 * @throws FirebreakError not_found; conflict when it has ended
 */
export async function cancelReplay(
  ctx: Pick<WorkshopContext, "database" | "clock" | "actor">,
  { id }: { readonly id: string },
): Promise<ReplayView> {
  const { state } = await getReplay(ctx, id);
  return inTransaction(ctx.database, async (trx) => {
    const now = ctx.clock.now();
    const row = await trx
      .updateTable("replays")
      .set({ state: "cancelled", ended_at: toIso(now), rules: null })
      .where("id", "=", id)
      .where("state", "in", ["pending", "running"])
      .returning([...SUMMARY_COLUMNS, "result"])
      .executeTakeFirst();
    if (row === undefined) throw new FirebreakError("conflict", `The replay ${id} has ended already (${state}).`);
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "replay.cancel", target: id, detail: {} });
    await notifyLive(trx, "replay", id);
    return viewReplay(row);
  });
}
