import type { AlertView } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { getAlert } from "./list-alerts.ts";
import type { AlertContext } from "./list-alerts.ts";
import { lockAlert } from "./lock-alert.ts";
import { writeAcknowledgement } from "./settle.ts";
import type { SettleContext } from "./settle.ts";

/**
 * Somebody has the alert in hand. Its incident is acknowledged apart from it. A second time changes nothing.
 *
 * @throws FirebreakError `not_found`; `conflict` when it is resolved
 */
export async function acknowledgeAlert(
  ctx: AlertContext & SettleContext,
  { id }: { readonly id: string },
): Promise<AlertView> {
  await inTransaction(ctx.database, async (trx) => {
    const alert = await lockAlert(trx, id);
    if (alert.acknowledged_at !== null) return;
    if (alert.status === "resolved")
      throw new FirebreakError("conflict", `${id} is resolved; nobody needs to take it.`);
    await writeAcknowledgement(trx, ctx, alert.id);
  });
  return getAlert(ctx, id);
}
