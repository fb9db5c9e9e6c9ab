import { canTransition } from "@firebreak/protocol";
import type { IncidentSummary } from "@firebreak/protocol";
import { z } from "zod";
import { stopClocks } from "./clocks.ts";
import { incidentId, parseInput } from "./input.ts";
import { leaveTrace, lockIncident, summarizeOne } from "./internal.ts";
import { writeState } from "./state-change.ts";
import { hasTimelineEntry } from "./timeline.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

const markContainedInput = z.object({
  incidentId,
  // A measure that a jump of the clock spoiled must not keep a proved containment out of the record.
  tripToStopMs: z.number().min(0).nullable().catch(null),
  at: z.number().int().min(0),
});

export interface MarkContainedInput {
  readonly incidentId: string;
  /** milliseconds from the stop request to the proof that the agent stopped; null when not measured */
  readonly tripToStopMs: number | null;
  /** when the proof was had, milliseconds since 1970 */
  readonly at: number;
}

/**
 * Records a proved containment: the contain clock stops. The times of the first containment count; the same proof told
 * again changes nothing. An incident that a person settled meanwhile keeps its state and gets the times only.
 *
 * @throws FirebreakError `not_found`
 */
export async function markContained(ctx: IncidentContext, input: MarkContainedInput): Promise<IncidentSummary> {
  const { incidentId: id, tripToStopMs, at } = parseInput(markContainedInput, input);
  return inTransaction(ctx.database, async (trx) => {
    const incident = await lockIncident(trx, id);
    const now = ctx.clock.now();
    const key = `contained:${at}`;
    const moves = canTransition(incident.state, "contained");
    const known = (incident.contained_at !== null && !moves) || (await hasTimelineEntry(trx, id, key));
    if (known) return summarizeOne(trx, incident, now);
    const moved = moves ? (await writeState(trx, ctx, incident, "contained", at)).row : incident;
    const row = await writeTimes(trx, ctx, moved, tripToStopMs, at);
    await leaveTrace(trx, ctx, {
      incidentId: id,
      action: "incident.contain",
      key,
      kind: "state",
      at,
      text: sentenceOf(tripToStopMs, moves, incident),
      data: { from: incident.state, to: row.state, tripToStopMs },
      event: "contained",
    });
    return summarizeOne(trx, row, now);
  });
}

async function writeTimes(
  trx: Trx,
  ctx: IncidentContext,
  incident: IncidentRow,
  tripToStopMs: number | null,
  at: number,
): Promise<IncidentRow> {
  await stopClocks(trx, ctx, incident.id, ["contain"], at);
  return trx
    .updateTable("incidents")
    .set({
      contained_at: incident.contained_at ?? new Date(at),
      trip_to_stop_ms: incident.trip_to_stop_ms ?? tripToStopMs,
      updated_at: new Date(ctx.clock.now()),
      version: incident.version + 1,
    })
    .where("id", "=", incident.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

function sentenceOf(tripToStopMs: number | null, moves: boolean, incident: IncidentRow): string {
  const trip = tripToStopMs === null ? "" : ` ${Math.round(tripToStopMs)} ms from the stop request to its proof.`;
  const state = moves ? "" : ` The incident stays ${incident.state}.`;
  return `Contained.${trip}${state}`;
}
