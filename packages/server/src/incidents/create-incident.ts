import type { IncidentType, Severity } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { calendarDateAt, formatIncidentId, incidentCounterScope, severityLabel } from "../kernel/index.ts";
import { emitDomainEvent, notifyLive } from "../storage/index.ts";
import { startClocks } from "./clocks.ts";
import { cleanText } from "./input.ts";
import { addTimelineEntry } from "./timeline.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";

export interface NewIncident {
  readonly title: string;
  readonly type: IncidentType;
  readonly severity: Severity;
  readonly agentId: string | null;
  readonly pack: string | null;
  readonly sessionId: string | null;
  /** alerts of this group join the incident while it is not settled; null for none */
  readonly groupKey: string | null;
  /** what set it off, by which incidents are counted; null: a person, or that it is a storm */
  readonly origin: string | null;
  readonly commander: string | null;
  readonly summary: string | null;
  /** milliseconds since 1970 */
  readonly beganAt: number;
  readonly detectedAt: number;
  /** for the timeline: who or what opened it, and why */
  readonly sentence: string;
}

const TITLE_CHARACTERS_MAX = 200;

/** Inserts the incident under the next id of the profile's pattern, sets its clocks and tells everybody. */
export async function createIncident(trx: Trx, ctx: IncidentContext, incident: NewIncident): Promise<IncidentRow> {
  const now = ctx.clock.now();
  const id = await takeIncidentId(trx, ctx, now);
  const row = await trx
    .insertInto("incidents")
    .values({ id, ...columnsOf(ctx, incident, now) })
    .returningAll()
    .executeTakeFirstOrThrow();
  await startClocks(trx, ctx, row);
  await writeOpening(trx, ctx, row, incident.sentence);
  return row;
}

function columnsOf(ctx: IncidentContext, incident: NewIncident, now: number) {
  return {
    title: cleanText(incident.title, TITLE_CHARACTERS_MAX),
    type: incident.type,
    severity: incident.severity,
    severity_label: severityLabel(ctx.profile, incident.severity),
    state: "detected" as const,
    profile: ctx.profile.name,
    agent_id: incident.agentId,
    pack: incident.pack,
    session_id: incident.sessionId,
    group_key: incident.groupKey,
    origin: incident.origin,
    commander: incident.commander,
    summary: incident.summary,
    root_cause: null,
    // A sender's clock may run ahead of ours; nothing begins after it was detected.
    began_at: new Date(Math.min(incident.beganAt, incident.detectedAt)),
    detected_at: new Date(incident.detectedAt),
    trip_to_stop_ms: null,
    opened_at: new Date(now),
    updated_at: new Date(now),
  };
}

async function writeOpening(trx: Trx, ctx: IncidentContext, row: IncidentRow, sentence: string): Promise<void> {
  const now = ctx.clock.now();
  const text = `Opened as ${row.severity_label}: ${sentence}`;
  const data = { severity: row.severity, type: row.type };
  const entry = { incidentId: row.id, kind: "state", source: "incidents" };
  if (row.began_at < row.detected_at) {
    const began = { key: "began", at: row.began_at.getTime(), text: "The first event behind this incident happened." };
    await addTimelineEntry(trx, ctx, { ...entry, ...began });
  }
  await addTimelineEntry(trx, ctx, { ...entry, key: "opened", at: now, text, data });
  const detail = { ...data, title: row.title };
  await recordAudit(trx, { at: now, actor: ctx.actor, action: "incident.open", target: row.id, detail });
  await emitDomainEvent(trx, { type: "incident.opened", incidentId: row.id });
  await notifyLive(trx, "incident", row.id);
}

/** The counter's row is locked until the transaction ends: ids are unique and have no gaps. */
async function takeIncidentId(trx: Trx, ctx: IncidentContext, now: number): Promise<string> {
  const { incidentIdPattern, timeZone } = ctx.profile;
  const date = calendarDateAt(now, timeZone);
  const counter = await trx
    .insertInto("incident_counters")
    .values({ scope: incidentCounterScope(incidentIdPattern, date), last: 1 })
    .onConflict((conflict) =>
      conflict.column("scope").doUpdateSet((eb) => ({ last: eb("incident_counters.last", "+", 1) })),
    )
    .returning("last")
    .executeTakeFirstOrThrow();
  return formatIncidentId(incidentIdPattern, date, counter.last);
}
