import type { AlertResolution } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import { notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { releaseHeldBy } from "./settle.ts";
import type { SettleContext } from "./settle.ts";

/**
 * Resolves what the incident stands for, in the transaction that resolves it. A later match of the same rule opens a
 * new alert.
 *
 * @returns the ids of the alerts resolved now
 */
export async function resolveAlertsOfIncident(trx: Trx, ctx: SettleContext, incidentId: string): Promise<string[]> {
  const open = resolving(trx, ctx, "incident").where("incident_id", "=", incidentId);
  return tellOf(trx, ctx, await open.returning("id").execute(), "incident");
}

/**
 * Settles what rules found of an agent, so that its next misbehaviour raises new alerts. What a sender says of the agent
 * is the sender's to resolve.
 *
 * @returns their ids
 */
export async function resolveAlertsOfAgent(trx: Trx, ctx: SettleContext, agentId: string): Promise<string[]> {
  const open = resolving(trx, ctx, "resumed").where("agent_id", "=", agentId).where("rule_id", "is not", null);
  return tellOf(trx, ctx, await open.returning("id").execute(), "resumed");
}

function resolving(trx: Trx, ctx: SettleContext, resolution: AlertResolution) {
  const now = toIso(ctx.clock.now());
  return trx
    .updateTable("alerts")
    .set({
      status: "resolved",
      resolution,
      resolved_at: now,
      resolved_by: JSON.stringify(ctx.actor),
      updated_at: now,
    })
    .where("status", "=", "open");
}

async function tellOf(
  trx: Trx,
  ctx: SettleContext,
  rows: readonly { readonly id: string }[],
  resolution: AlertResolution,
): Promise<string[]> {
  const at = ctx.clock.now();
  for (const { id } of rows) {
    await recordAudit(trx, { at, actor: ctx.actor, action: "alert.resolve", target: id, detail: { resolution } });
    await releaseHeldBy(trx, id, at);
    await notifyLive(trx, "alert", id);
  }
  return rows.map(({ id }) => id);
}
