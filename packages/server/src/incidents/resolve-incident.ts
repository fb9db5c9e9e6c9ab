import type { IncidentSummary } from "@firebreak/protocol";
import { z } from "zod";
import { incidentId, longText, parseInput } from "./input.ts";
import { leaveTrace, lockIncident, summarizeOne } from "./internal.ts";
import { writeState } from "./state-change.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

const resolveIncidentInput = z.object({
  id: incidentId,
  summary: longText(3),
  rootCause: longText(0).optional(),
});
export type ResolveIncidentInput = z.input<typeof resolveIncidentInput>;

/**
 * Ends an incident with what happened and, if known, why. Every clock stops.
 *
 * @throws FirebreakError `not_found`; `conflict` when the state does not allow it
 */
export async function resolveIncident(ctx: IncidentContext, input: ResolveIncidentInput): Promise<IncidentSummary> {
  const { id, summary, rootCause } = parseInput(resolveIncidentInput, input);
  return inTransaction(ctx.database, async (trx) => {
    const incident = await lockIncident(trx, id);
    const row = await writeResolution(trx, ctx, incident, summary, rootCause === "" ? undefined : rootCause);
    return summarizeOne(trx, row, ctx.clock.now());
  });
}

export async function writeResolution(
  trx: Trx,
  ctx: IncidentContext,
  incident: IncidentRow,
  summary: string,
  rootCause: string | undefined,
): Promise<IncidentRow> {
  const now = ctx.clock.now();
  const moved = await writeState(trx, ctx, incident, "resolved", now);
  const row = await trx
    .updateTable("incidents")
    .set({ summary, root_cause: rootCause ?? incident.root_cause })
    .where("id", "=", incident.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await leaveTrace(trx, ctx, {
    incidentId: incident.id,
    action: "incident.resolve",
    key: `resolved:${row.version}`,
    kind: "state",
    at: now,
    text: `Resolved: ${summary}`,
    data: { from: incident.state, to: "resolved", ...(rootCause === undefined ? {} : { rootCause }) },
    event: moved.event,
  });
  return row;
}
