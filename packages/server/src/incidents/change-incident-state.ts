import { incidentState } from "@firebreak/protocol";
import type { IncidentState, IncidentSummary } from "@firebreak/protocol";
import { z } from "zod";
import { FirebreakError } from "../kernel/index.ts";
import { incidentId, parseInput, reasonText } from "./input.ts";
import { leaveTrace, lockIncident, summarizeOne } from "./internal.ts";
import { writeResolution } from "./resolve-incident.ts";
import { requireTransition, writeState } from "./state-change.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

const changeIncidentStateInput = z.object({ id: incidentId, state: incidentState, reason: reasonText });
export type ChangeIncidentStateInput = z.input<typeof changeIncidentStateInput>;

/**
 * Changes the state as the table of the protocol allows, with a reason. To `resolved` the reason becomes the summary;
 * to `reviewed` it needs the review that the profile asks for.
 *
 * @throws FirebreakError `not_found`; `conflict` naming the states that are allowed
 */
export async function changeIncidentState(
  ctx: IncidentContext,
  input: ChangeIncidentStateInput,
): Promise<IncidentSummary> {
  const { id, state, reason } = parseInput(changeIncidentStateInput, input);
  return inTransaction(ctx.database, async (trx) => {
    const incident = await lockIncident(trx, id);
    requireTransition(incident, state);
    if (state === "reviewed") await requireReview(trx, ctx, incident);
    const row =
      state === "resolved"
        ? await writeResolution(trx, ctx, incident, reason, undefined)
        : await writeChange(trx, ctx, incident, state, reason);
    return summarizeOne(trx, row, ctx.clock.now());
  });
}

async function writeChange(
  trx: Trx,
  ctx: IncidentContext,
  incident: IncidentRow,
  state: IncidentState,
  reason: string,
): Promise<IncidentRow> {
  const now = ctx.clock.now();
  const { row, event } = await writeState(trx, ctx, incident, state, now);
  await leaveTrace(trx, ctx, {
    incidentId: incident.id,
    action: "incident.change_state",
    key: `state:${row.version}`,
    kind: "state",
    at: now,
    text: `Changed from ${incident.state} to ${state}: ${reason}`,
    data: { from: incident.state, to: state, reason },
    event,
  });
  return row;
}

async function requireReview(trx: Trx, ctx: IncidentContext, incident: IncidentRow): Promise<void> {
  if (!ctx.profile.reviews.requiredFor.includes(incident.severity)) return;
  const review = await trx
    .selectFrom("reviews")
    .select("incident_id")
    .where("incident_id", "=", incident.id)
    .executeTakeFirst();
  if (review !== undefined) return;
  throw new FirebreakError(
    "conflict",
    `${incident.id} is ${incident.severity_label} and has no review. Draft it first.`,
  );
}
