import { SETTLED_STATES } from "@firebreak/protocol";
import type { Severity } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Selectable } from "kysely";
import { decideAlert } from "../alerts/index.ts";
import type { Plan } from "../alerts/index.ts";
import { recordAudit } from "../audit/index.ts";
import type { AlertsTable } from "../storage/index.ts";
import { createIncident } from "./create-incident.ts";
import { writeSeverity } from "./change-severity.ts";
import { addTimelineEntry } from "./timeline.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

type AlertRow = Selectable<AlertsTable>;

/** What became of an alert: the incident it opened or joined, or none when something holds it back. */
export type Admission =
  | {
      readonly incidentId: string;
      /** false when the alert joined an incident that was open, or had one already */
      readonly opened: boolean;
      readonly severityRaised: boolean;
    }
  | { readonly incidentId: null };

/**
 * Passes an alert through the pipeline and gives it its incident if nothing holds it: the unsettled one of its group
 * (which takes over a graver severity), else a new one. Safe to call again, and safe to call for several alerts of one
 * group at the same time.
 *
 * @throws FirebreakError `not_found`
 */
export async function admitAlert(ctx: IncidentContext, alertId: string): Promise<Admission> {
  return inTransaction(ctx.database, async (trx) => {
    const { alert, decision } = await decideAlert(trx, ctx, alertId);
    if (alert.incident_id !== null) return { incidentId: alert.incident_id, opened: false, severityRaised: false };
    if (decision.disposition === "held") return { incidentId: null };
    const current = await lockCurrentIncident(trx, alert.agent_id, decision.plan.groupKey);
    if (current !== undefined) return attachAlert(trx, ctx, current, alert, decision.plan.severity);
    const opened = await createIncident(trx, ctx, incidentOf(alert, decision.plan));
    await linkAlert(trx, ctx, opened.id, alert);
    return { incidentId: opened.id, opened: true, severityRaised: false };
  });
}

/**
 * The lock is by group, so that two alerts of one group do not both find no incident and open two. The group of an agent
 * takes any incident of the agent, also one that a person reported.
 */
async function lockCurrentIncident(
  trx: Trx,
  agentId: string | null,
  groupKey: string,
): Promise<IncidentRow | undefined> {
  await sql`select pg_advisory_xact_lock(hashtext('incident of group'), hashtext(${groupKey}))`.execute(trx);
  const isOfAgent = agentId !== null && groupKey === `agent:${agentId}`;
  return trx
    .selectFrom("incidents")
    .selectAll()
    .where(isOfAgent ? "agent_id" : "group_key", "=", isOfAgent ? agentId : groupKey)
    .where("state", "not in", [...SETTLED_STATES])
    .orderBy("opened_at", "desc")
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
}

function incidentOf(alert: AlertRow, plan: Plan) {
  return {
    title: alert.agent_id === null ? alert.title : `${alert.title} (agent ${alert.agent_id})`,
    type: plan.incidentType,
    severity: plan.severity,
    agentId: alert.agent_id,
    pack: alert.pack,
    sessionId: alert.session_id,
    groupKey: plan.groupKey,
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
  severity: Severity,
): Promise<Admission> {
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
  const raised = severity < incident.severity;
  if (raised) {
    const reason = `The alert ${alert.id} is graver.`;
    await writeSeverity(trx, ctx, updated, severity, reason, `severity:alert:${alert.id}`);
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
