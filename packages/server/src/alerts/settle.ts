import type { Actor, AlertResolution } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import { emitDomainEvent, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";

export interface SettleContext {
  readonly clock: Clock;
  readonly actor: Actor;
}

/** Writes that somebody has the alert in hand. Only for an open alert whose row is locked in this transaction. */
export async function writeAcknowledgement(trx: Trx, ctx: SettleContext, alertId: string): Promise<void> {
  const now = ctx.clock.now();
  await trx
    .updateTable("alerts")
    .set({ acknowledged_at: toIso(now), acknowledged_by: JSON.stringify(ctx.actor), updated_at: toIso(now) })
    .where("id", "=", alertId)
    .execute();
  await recordAudit(trx, { at: now, actor: ctx.actor, action: "alert.acknowledge", target: alertId, detail: {} });
  await emitDomainEvent(trx, { type: "alert.changed", alertId, change: "acknowledged" });
  await notifyLive(trx, "alert", alertId);
}

/**
 * Writes that the alert is over, and lets what it inhibited be looked at again. Only for an open alert whose row is
 * locked in this transaction.
 */
export async function writeResolution(
  trx: Trx,
  ctx: SettleContext,
  alertId: string,
  resolution: AlertResolution,
  reason?: string,
): Promise<void> {
  const now = ctx.clock.now();
  await trx
    .updateTable("alerts")
    .set({
      status: "resolved",
      resolution,
      resolved_at: toIso(now),
      resolved_by: JSON.stringify(ctx.actor),
      updated_at: toIso(now),
    })
    .where("id", "=", alertId)
    .execute();
  await releaseHeldBy(trx, alertId, now);
  const detail = { resolution, ...(reason === undefined ? {} : { reason }) };
  await recordAudit(trx, { at: now, actor: ctx.actor, action: "alert.resolve", target: alertId, detail });
  await emitDomainEvent(trx, { type: "alert.changed", alertId, change: "resolved" });
  await notifyLive(trx, "alert", alertId);
}

/** Has the pipeline look again, now, at the open alerts that something held which ended. */
export async function releaseHeldBy(trx: Trx, holder: string, now: number): Promise<void> {
  await trx
    .updateTable("alerts")
    .set({ decide_at: toIso(now) })
    .where("held_by", "=", holder)
    .where("status", "=", "open")
    .execute();
}
