import { severity } from "@firebreak/protocol";
import type { IncidentSummary, Severity } from "@firebreak/protocol";
import { z } from "zod";
import { severityLabel } from "../kernel/index.ts";
import { retargetClocks } from "./clocks.ts";
import { incidentId, parseInput, reasonText } from "./input.ts";
import { leaveTrace, lockIncident, summarizeOne } from "./internal.ts";
import type { IncidentContext, IncidentRow, Trx } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

const changeSeverityInput = z.object({ id: incidentId, severity, reason: reasonText });
export type ChangeSeverityInput = z.input<typeof changeSeverityInput>;

/**
 * Changes the severity with a reason; the clocks that still run get the new targets, counted from the detection.
 *
 * @throws FirebreakError `not_found`
 */
export async function changeSeverity(ctx: IncidentContext, input: ChangeSeverityInput): Promise<IncidentSummary> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await changeSeverityWithin(trx, ctx, input);
    return summarizeOne(trx, row, ctx.clock.now());
  });
}

/**
 * The same in a transaction of the caller's, who has a row of its own to write.
 *
 * @throws FirebreakError `not_found`
 */
export async function changeSeverityWithin(
  trx: Trx,
  ctx: IncidentContext,
  input: ChangeSeverityInput,
): Promise<IncidentRow> {
  const change = parseInput(changeSeverityInput, input);
  const incident = await lockIncident(trx, change.id);
  if (incident.severity === change.severity) return incident;
  return writeSeverity(trx, ctx, incident, change.severity, change.reason);
}

/** Only for a row that was read `for update` in this transaction. */
export async function writeSeverity(
  trx: Trx,
  ctx: IncidentContext,
  incident: IncidentRow,
  to: Severity,
  reason: string,
  key?: string,
): Promise<IncidentRow> {
  const now = ctx.clock.now();
  const label = severityLabel(ctx.profile, to);
  const row = await trx
    .updateTable("incidents")
    .set({ severity: to, severity_label: label, updated_at: new Date(now), version: incident.version + 1 })
    .where("id", "=", incident.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await retargetClocks(trx, ctx, row);
  await leaveTrace(trx, ctx, {
    incidentId: incident.id,
    action: "incident.change_severity",
    key: key ?? `severity:${row.version}`,
    kind: "severity",
    at: now,
    text: `Severity changed from ${incident.severity_label} to ${label}: ${reason}`,
    data: { from: incident.severity, to, reason },
    event: "severity",
  });
  return row;
}
