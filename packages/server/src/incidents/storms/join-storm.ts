import type { Severity } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { sql } from "kysely";
import { recordAudit } from "../../audit/index.ts";
import { emitDomainEvent, notifyLive } from "../../storage/index.ts";
import type { AlertsTable, StormsTable } from "../../storage/index.ts";
import { writeSeverity } from "../change-severity.ts";
import { lockIncident } from "../internal.ts";
import { addTimelineEntry } from "../timeline.ts";
import type { IncidentContext, IncidentRow, Trx } from "../types.ts";
import { summarizeStorm } from "./summarize-storm.ts";

type StormRow = Selectable<StormsTable>;

export interface JoiningAlert {
  readonly alert: Pick<Selectable<AlertsTable>, "id" | "agent_id" | "first_event_at">;
  readonly severity: Severity;
}

const NAMED_MAX = 10;

/**
 * Adds alerts to a storm, and their agents to those who are in it. Its severity is that of the worst. The team is told
 * when it has doubled, not of each.
 *
 * @returns whether it is graver now
 */
export async function joinStorm(
  trx: Trx,
  ctx: IncidentContext,
  incidentId: string,
  alerts: readonly JoiningAlert[],
): Promise<boolean> {
  const now = new Date(ctx.clock.now());
  const incident = await lockIncident(trx, incidentId);
  const fresh = await addAgents(trx, incidentId, alerts, now);
  const storm = await trx
    .updateTable("storms")
    .set((storms) => ({
      alerts: storms("alerts", "+", alerts.length),
      agents: storms("agents", "+", fresh.length),
      last_joined_at: now,
    }))
    .where("incident_id", "=", incidentId)
    .returningAll()
    .executeTakeFirstOrThrow();
  const updated = await touchIncident(trx, incident, alerts, now);
  const worst = alerts.reduce((least, { severity }) => (severity < least ? severity : least), incident.severity);
  if (worst < incident.severity) {
    const [first] = alerts.filter(({ severity }) => severity === worst);
    const reason = `The alert ${first?.alert.id ?? ""} of the storm is graver.`;
    await writeSeverity(trx, ctx, updated, worst, reason, `severity:alert:${first?.alert.id ?? ""}`);
  }
  if (sizeOf(storm) >= 2 * storm.told_size) await tellGrowth(trx, ctx, { storm, incident: updated, fresh });
  await notifyLive(trx, "incident", incidentId);
  return worst < incident.severity;
}

/** Agents if it is about agents, else alerts. */
const sizeOf = ({ agents, alerts }: Pick<StormRow, "agents" | "alerts">) => (agents > 0 ? agents : alerts);

async function addAgents(trx: Trx, incidentId: string, alerts: readonly JoiningAlert[], now: Date): Promise<string[]> {
  const agents = [...new Set(alerts.flatMap(({ alert }) => alert.agent_id ?? []))];
  if (agents.length === 0) return [];
  const added = await trx
    .insertInto("storm_agents")
    .values(agents.map((agent) => ({ incident_id: incidentId, agent_id: agent, joined_at: now })))
    .onConflict((conflict) => conflict.columns(["incident_id", "agent_id"]).doNothing())
    .returning("agent_id")
    .execute();
  return added.map(({ agent_id: agent }) => agent);
}

async function touchIncident(
  trx: Trx,
  incident: IncidentRow,
  alerts: readonly JoiningAlert[],
  now: Date,
): Promise<IncidentRow> {
  const beganAt = Math.min(incident.began_at.getTime(), ...alerts.map(({ alert }) => alert.first_event_at.getTime()));
  return trx
    .updateTable("incidents")
    .set({ began_at: new Date(beganAt), updated_at: now, version: incident.version + 1 })
    .where("id", "=", incident.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

interface Growth {
  readonly storm: StormRow;
  readonly incident: IncidentRow;
  readonly fresh: readonly string[];
}

/** The first time needs no message of its own: the incident that opens is told. */
async function tellGrowth(trx: Trx, ctx: IncidentContext, { storm, incident, fresh }: Growth): Promise<void> {
  const { incident_id: incidentId, agents, alerts, told_size: before, key } = storm;
  const size = sizeOf(storm);
  await writeSummary(trx, ctx, storm, await summarizeStorm(trx, storm));
  await trx.updateTable("storms").set({ told_size: size }).where("incident_id", "=", incidentId).execute();
  const named = fresh.slice(0, NAMED_MAX).join(", ");
  const more = fresh.length > NAMED_MAX ? ` and ${fresh.length - NAMED_MAX} more` : "";
  const who = fresh.length === 0 ? "" : ` Joined now: ${named}${more}.`;
  const at = ctx.clock.now();
  await addTimelineEntry(trx, ctx, {
    incidentId,
    key: `storm:${size}`,
    at,
    kind: "storm",
    source: "incidents",
    text: `The storm has ${agents} agents and ${alerts} alerts now.${who}`,
    data: { agents, alerts },
  });
  const detail = { key, agents, alerts, severity: incident.severity };
  await recordAudit(trx, { at, actor: ctx.actor, action: "storm.grow", target: incidentId, detail });
  if (before > 0) await emitDomainEvent(trx, { type: "incident.changed", incidentId, change: "storm" });
}

/** The incident's summary says where the storm stands, unless a person wrote one. */
export async function writeSummary(
  trx: Trx,
  { clock }: Pick<IncidentContext, "clock">,
  { incident_id: incidentId, told_text: before }: Pick<StormRow, "incident_id" | "told_text">,
  text: string,
): Promise<void> {
  await trx
    .updateTable("incidents")
    .set({ summary: text, updated_at: new Date(clock.now()) })
    .where("id", "=", incidentId)
    .where(sql<boolean>`summary is not distinct from ${before}`)
    .execute();
  await trx.updateTable("storms").set({ told_text: text }).where("incident_id", "=", incidentId).execute();
}
