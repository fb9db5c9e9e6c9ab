import { SETTLED_STATES } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Selectable } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import type { AlertsTable } from "../storage/index.ts";
import { createIncident } from "./create-incident.ts";
import { writeSeverity } from "./change-severity.ts";
import { addTimelineEntry } from "./timeline.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

type AlertRow = Selectable<AlertsTable>;

export interface OpenedForAlert {
  readonly incidentId: string;
  /** false when the alert joined an incident that was open, or had one already */
  readonly opened: boolean;
  readonly severityRaised: boolean;
}

/**
 * Gives an alert its incident: the agent's unsettled one if there is one (which takes over a graver severity), else a
 * new one. Safe to call again, and safe to call for several alerts of one agent at the same time.
 */
export async function openIncidentForAlert(ctx: IncidentContext, alertId: string): Promise<OpenedForAlert> {
  return inTransaction(ctx.database, async (trx) => {
    const alert = await trx.selectFrom("alerts").selectAll().where("id", "=", alertId).forUpdate().executeTakeFirst();
    if (alert === undefined) throw new FirebreakError("not_found", `There is no alert ${alertId}.`);
    if (alert.incident_id !== null) return { incidentId: alert.incident_id, opened: false, severityRaised: false };
    const current = await lockCurrentIncident(trx, alert.agent_id);
    if (current !== undefined) return attachAlert(trx, ctx, current, alert);
    const opened = await createIncident(trx, ctx, incidentOf(alert));
    await linkAlert(trx, ctx, opened.id, alert);
    return { incidentId: opened.id, opened: true, severityRaised: false };
  });
}

/** The lock is by agent, so that two alerts of one agent do not both find no incident and open two. */
async function lockCurrentIncident(trx: Trx, agentId: string | null): Promise<IncidentRow | undefined> {
  if (agentId === null) return undefined;
  await sql`select pg_advisory_xact_lock(hashtext('incident of agent'), hashtext(${agentId}))`.execute(trx);
  return trx
    .selectFrom("incidents")
    .selectAll()
    .where("agent_id", "=", agentId)
    .where("state", "not in", [...SETTLED_STATES])
    .orderBy("opened_at", "desc")
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
}

function incidentOf(alert: AlertRow) {
  return {
    title: alert.agent_id === null ? alert.title : `${alert.title} (agent ${alert.agent_id})`,
    type: alert.incident_type,
    severity: alert.severity,
    agentId: alert.agent_id,
    pack: alert.pack,
    sessionId: alert.session_id,
    groupKey: alert.agent_id === null ? null : `agent:${alert.agent_id}`,
    commander: null,
    summary: null,
    beganAt: alert.first_event_at.getTime(),
    detectedAt: alert.created_at.getTime(),
    sentence: alert.sentence,
  };
}

async function attachAlert(
  trx: Trx,
  ctx: IncidentContext,
  incident: IncidentRow,
  alert: AlertRow,
): Promise<OpenedForAlert> {
  await linkAlert(trx, ctx, incident.id, alert);
  const now = new Date(ctx.clock.now());
  const beganAt = alert.first_event_at < incident.began_at ? alert.first_event_at : incident.began_at;
  const updated = await trx
    .updateTable("incidents")
    .set({
      began_at: beganAt,
      session_id: incident.session_id ?? alert.session_id,
      updated_at: now,
      version: incident.version + 1,
    })
    .where("id", "=", incident.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const raised = alert.severity < incident.severity;
  if (raised) {
    const reason = `The alert ${alert.id} is graver.`;
    await writeSeverity(trx, ctx, updated, alert.severity, reason, `severity:alert:${alert.id}`);
  }
  return { incidentId: incident.id, opened: false, severityRaised: raised };
}

async function linkAlert(trx: Trx, ctx: IncidentContext, incidentId: string, alert: AlertRow): Promise<void> {
  const now = ctx.clock.now();
  await trx
    .updateTable("alerts")
    .set({ incident_id: incidentId, updated_at: new Date(now) })
    .where("id", "=", alert.id)
    .execute();
  await addTimelineEntry(trx, ctx, {
    incidentId,
    key: `alert:${alert.id}`,
    at: alert.created_at.getTime(),
    kind: "alert",
    source: alert.source,
    text: `Alert: ${alert.sentence}`,
    data: { alertId: alert.id, ruleId: alert.rule_id, level: alert.level, severity: alert.severity },
  });
  const detail = { incidentId };
  await recordAudit(trx, { at: now, actor: ctx.actor, action: "alert.link", target: alert.id, detail });
}
