import type { ScanView } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { ScanContext } from "./context.ts";
import { getScan } from "./get-scan.ts";

/**
 * Ends a scan that waits or runs; a running one notices within seconds. What it found so far stays.
 *
 * @throws FirebreakError not_found; conflict when it has ended
 */
export async function cancelScan(
  ctx: Pick<ScanContext, "database" | "clock" | "actor">,
  { id }: { readonly id: string },
): Promise<ScanView> {
  const { state } = await getScan(ctx, id);
  await inTransaction(ctx.database, async (trx) => {
    const now = ctx.clock.now();
    const row = await trx
      .updateTable("indicator_scans")
      .set({ state: "cancelled", ended_at: toIso(now) })
      .where("id", "=", id)
      .where("state", "in", ["pending", "running"])
      .returning("id")
      .executeTakeFirst();
    if (row === undefined) throw new FirebreakError("conflict", `The scan ${id} has ended already (${state}).`);
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "indicator.scan.cancel", target: id, detail: {} });
    await notifyLive(trx, "indicator_scan", id);
  });
  return getScan(ctx, id);
}
