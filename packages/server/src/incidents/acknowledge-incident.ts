import { isSettled } from "@firebreak/protocol";
import type { IncidentSummary } from "@firebreak/protocol";
import { z } from "zod";
import { FirebreakError } from "../kernel/index.ts";
import { stopClocks } from "./clocks.ts";
import { incidentId, parseInput } from "./input.ts";
import { leaveTrace, lockIncident, summarizeOne } from "./internal.ts";
import { isPerson } from "./state-change.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

const acknowledgeIncidentInput = z.object({ id: incidentId });
export type AcknowledgeIncidentInput = z.input<typeof acknowledgeIncidentInput>;

/**
 * Somebody has the incident in hand: the respond clock stops, and who acknowledges first commands it until somebody
 * else does. A second acknowledgement changes nothing.
 *
 * @throws FirebreakError `not_found`; `conflict` when the incident is settled
 */
export async function acknowledgeIncident(
  ctx: IncidentContext,
  input: AcknowledgeIncidentInput,
): Promise<IncidentSummary> {
  const { id } = parseInput(acknowledgeIncidentInput, input);
  return inTransaction(ctx.database, async (trx) => {
    const incident = await lockIncident(trx, id);
    const now = ctx.clock.now();
    if (incident.acknowledged_at !== null) return summarizeOne(trx, incident, now);
    if (isSettled(incident.state)) {
      throw new FirebreakError("conflict", `${id} is ${incident.state}; there is nothing left to acknowledge.`);
    }
    const row = await writeAcknowledgement(trx, ctx, incident, now);
    return summarizeOne(trx, row, now);
  });
}

async function writeAcknowledgement(
  trx: Trx,
  ctx: IncidentContext,
  incident: IncidentRow,
  now: number,
): Promise<IncidentRow> {
  const time = new Date(now);
  const row = await trx
    .updateTable("incidents")
    .set({
      acknowledged_at: time,
      state: incident.state === "detected" ? "triaged" : incident.state,
      commander: incident.commander ?? (isPerson(ctx.actor) ? ctx.actor.name : null),
      updated_at: time,
      version: incident.version + 1,
    })
    .where("id", "=", incident.id)
    .where("acknowledged_at", "is", null)
    .returningAll()
    .executeTakeFirstOrThrow();
  await stopClocks(trx, ctx, incident.id, ["respond"], now);
  await leaveTrace(trx, ctx, {
    incidentId: incident.id,
    action: "incident.acknowledge",
    key: `acknowledged:${row.version}`,
    kind: "state",
    at: now,
    text: `Acknowledged by ${ctx.actor.name}.`,
    data: { from: incident.state, to: row.state },
    event: "acknowledged",
  });
  return row;
}
