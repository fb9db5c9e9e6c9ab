import type { IncidentSummary } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { emitDomainEvent, notifyLive } from "../storage/index.ts";
import type { IncidentChange } from "../storage/index.ts";
import { sortClocks, toClockView } from "./clocks.ts";
import type { ClockRow } from "./clocks.ts";
import { cleanText } from "./input.ts";
import { addTimelineEntry, TEXT_CHARACTERS_MAX } from "./timeline.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";

/**
 * Not the key: entries of the timeline refer to it, and two transactions that wrote one each would wait for each other here.
 *
 * @throws FirebreakError `not_found`
 */
export async function lockIncident(trx: Trx, id: string): Promise<IncidentRow> {
  const row = await trx.selectFrom("incidents").selectAll().where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
  return row ?? refuseUnknown(id);
}

export function refuseUnknown(id: string): never {
  throw new FirebreakError("not_found", `There is no incident ${id}. List the incidents to find its id.`);
}

/** What a verb leaves behind in its transaction besides the change itself. */
export interface Trace {
  readonly incidentId: string;
  /** `incident.acknowledge` */
  readonly action: string;
  /** key of the timeline entry within the incident */
  readonly key: string;
  readonly kind: string;
  readonly at: number;
  readonly text: string;
  /** values that are valid Unicode, without NUL */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly event: IncidentChange;
}

/** Writes timeline entry, audit record, domain event and live notice of one change. */
export async function leaveTrace(trx: Trx, ctx: IncidentContext, trace: Trace): Promise<void> {
  const { incidentId, key, kind, at, text, data = {} } = trace;
  await addTimelineEntry(trx, ctx, { incidentId, key, at, kind, source: "incidents", text, data });
  await recordAudit(trx, {
    at: ctx.clock.now(),
    actor: ctx.actor,
    action: trace.action,
    target: incidentId,
    detail: { ...data, text: cleanText(text, TEXT_CHARACTERS_MAX) },
  });
  await emitDomainEvent(trx, { type: "incident.changed", incidentId, change: trace.event });
  await notifyLive(trx, "incident", incidentId);
}

/** @returns the summaries in the order of the rows, with their clocks */
export async function summarize(
  kysely: IncidentContext["database"]["kysely"],
  rows: readonly IncidentRow[],
  now: number,
): Promise<IncidentSummary[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const clocks = await kysely.selectFrom("incident_clocks").selectAll().where("incident_id", "in", ids).execute();
  const byIncident = new Map<string, ClockRow[]>();
  for (const clock of clocks) byIncident.set(clock.incident_id, [...(byIncident.get(clock.incident_id) ?? []), clock]);
  return rows.map((row) => toSummary(row, byIncident.get(row.id) ?? [], now));
}

export async function summarizeOne(trx: Trx, row: IncidentRow, now: number): Promise<IncidentSummary> {
  const clocks = await trx.selectFrom("incident_clocks").selectAll().where("incident_id", "=", row.id).execute();
  return toSummary(row, clocks, now);
}

export function toSummary(row: IncidentRow, clocks: readonly ClockRow[], now: number): IncidentSummary {
  return {
    id: row.id,
    title: row.title,
    type: row.type,
    severity: row.severity,
    severityLabel: row.severity_label,
    state: row.state,
    agentId: row.agent_id,
    pack: row.pack,
    sessionId: row.session_id,
    commander: row.commander,
    openedAt: row.opened_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    clocks: sortClocks(clocks).map((clock) => toClockView(clock, now)),
  };
}
