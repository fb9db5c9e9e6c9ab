import { INCIDENT_TRANSITIONS } from "@firebreak/protocol";
import { refuseUnknown, toSummary } from "./internal.ts";
import { viewStorm } from "./storms/view-storm.ts";
import { readTimeline } from "./timeline.ts";
import type { IncidentContext, IncidentRecord, IncidentRow } from "./types.ts";

/**
 * @returns what this room knows of the incident: row, clocks, timeline (its newest 2,000 entries), allowed states
 * @throws FirebreakError `not_found`
 */
export async function getIncident(
  ctx: Pick<IncidentContext, "database" | "clock">,
  id: string,
): Promise<IncidentRecord> {
  const { kysely } = ctx.database;
  const row = await kysely.selectFrom("incidents").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) refuseUnknown(id);
  const clocks = await kysely.selectFrom("incident_clocks").selectAll().where("incident_id", "=", id).execute();
  const timeline = await readTimeline(kysely, id);
  const review = await kysely
    .selectFrom("reviews")
    .select("incident_id")
    .where("incident_id", "=", id)
    .executeTakeFirst();
  return {
    ...toSummary(row, clocks, ctx.clock.now()),
    ...detailOf(row),
    storm: await viewStorm(kysely, id),
    allowedStates: [...INCIDENT_TRANSITIONS[row.state]],
    timeline,
    hasReview: review !== undefined,
  };
}

function detailOf(row: IncidentRow) {
  const iso = (time: Date | null) => time?.toISOString() ?? null;
  return {
    summary: row.summary,
    rootCause: row.root_cause,
    profile: row.profile,
    beganAt: row.began_at.toISOString(),
    detectedAt: row.detected_at.toISOString(),
    acknowledgedAt: iso(row.acknowledged_at),
    containedAt: iso(row.contained_at),
    resolvedAt: iso(row.resolved_at),
    closedAt: iso(row.closed_at),
    tripToStopMs: row.trip_to_stop_ms,
  };
}
