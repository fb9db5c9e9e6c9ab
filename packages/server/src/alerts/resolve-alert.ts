import type { AlertView } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { getAlert } from "./list-alerts.ts";
import type { AlertContext } from "./list-alerts.ts";
import { lockAlert } from "./lock-alert.ts";
import { writeResolution } from "./settle.ts";
import type { SettleContext } from "./settle.ts";
import { toStorableText } from "./storable-text.ts";

/**
 * A person says that the alert is over. Its incident stays what it is.
 *
 * @throws FirebreakError `not_found`; `conflict` when it is resolved already
 */
export async function resolveAlert(
  ctx: AlertContext & SettleContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<AlertView> {
  await inTransaction(ctx.database, async (trx) => {
    const alert = await lockAlert(trx, id);
    if (alert.status === "resolved") throw new FirebreakError("conflict", `${id} is resolved already.`);
    await writeResolution(trx, ctx, alert.id, "person", toStorableText(reason));
  });
  return getAlert(ctx, id);
}
