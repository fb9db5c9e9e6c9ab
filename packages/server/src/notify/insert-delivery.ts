import { recordAudit } from "../audit/index.ts";
import type { Channel } from "../kernel/index.ts";
import { emitDomainEvent, notifyLive } from "../storage/index.ts";
import type { NotifyContext, Trx } from "./types.ts";

export interface NewDelivery {
  /** what happened, and the channel: the same is sent once */
  readonly key: string;
  readonly incidentId: string | null;
  readonly channel: Pick<Channel, "name" | "kind">;
  readonly template: string;
  readonly subject: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Writes a delivery and asks for it when the transaction commits. @returns its id, or undefined when it was there */
export async function insertDelivery(
  trx: Trx,
  ctx: NotifyContext,
  { key, incidentId, channel, template, subject, body }: NewDelivery,
): Promise<string | undefined> {
  const now = new Date(ctx.clock.now());
  const inserted = await trx
    .insertInto("deliveries")
    .values({
      id: ctx.newId("delivery"),
      key,
      incident_id: incidentId,
      channel: channel.name,
      channel_kind: channel.kind,
      template,
      subject,
      body: JSON.stringify(body),
      state: "pending",
      attempts: 0,
      last_error: null,
      receipt: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column("key").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (inserted === undefined) return undefined;
  const act = {
    action: "notification.request",
    target: inserted.id,
    detail: { channel: channel.name, template, incidentId },
  };
  await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, ...act });
  await emitDomainEvent(trx, { type: "delivery.requested", deliveryId: inserted.id });
  await notifyLive(trx, "delivery", inserted.id);
  return inserted.id;
}
