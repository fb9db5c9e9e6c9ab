import type { DeliveryView } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { emitDomainEvent, inTransaction, notifyLive } from "../storage/index.ts";
import { toDeliveryView } from "./list-deliveries.ts";
import type { DeliveryRow, NotifyContext, Trx } from "./types.ts";

/**
 * A person asks for a delivery that failed or waits to be attempted now, with all its attempts again and the same
 * idempotency key.
 *
 * @throws FirebreakError `not_found`; `conflict` when it is delivered or being sent
 */
export async function retryDelivery(
  ctx: Pick<NotifyContext, "database" | "clock" | "actor">,
  deliveryId: string,
): Promise<DeliveryView> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .selectFrom("deliveries")
      .selectAll()
      .where("id", "=", deliveryId)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw new FirebreakError("not_found", `There is no delivery ${deliveryId}.`);
    if (row.state === "delivered" || row.state === "sending") {
      const state = row.state === "delivered" ? "has been delivered" : "is being sent right now";
      throw new FirebreakError("conflict", `The delivery ${deliveryId} ${state}; there is nothing to retry.`);
    }
    return toDeliveryView(await writeRetry(trx, ctx, row));
  });
}

async function writeRetry(
  trx: Trx,
  ctx: Pick<NotifyContext, "clock" | "actor">,
  row: DeliveryRow,
): Promise<DeliveryRow> {
  const now = ctx.clock.now();
  const updated = await trx
    .updateTable("deliveries")
    .set({ state: "pending", attempts: 0, updated_at: new Date(now) })
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const detail = { incidentId: row.incident_id, channel: row.channel, attemptsBefore: row.attempts };
  await recordAudit(trx, { at: now, actor: ctx.actor, action: "delivery.retry", target: row.id, detail });
  await emitDomainEvent(trx, { type: "delivery.requested", deliveryId: row.id });
  await notifyLive(trx, "delivery", row.id);
  return updated;
}
