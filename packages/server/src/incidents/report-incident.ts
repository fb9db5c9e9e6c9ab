import { entityName, incidentType, severity } from "@firebreak/protocol";
import type { IncidentSummary } from "@firebreak/protocol";
import { z } from "zod";
import { createIncident } from "./create-incident.ts";
import { longText, parseInput, shortText } from "./input.ts";
import { summarizeOne } from "./internal.ts";
import { isPerson } from "./state-change.ts";
import type { IncidentContext } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

const reportIncidentInput = z.object({
  title: shortText(3),
  severity,
  type: incidentType,
  agentId: entityName.optional(),
  summary: longText(0).optional(),
});
export type ReportIncidentInput = z.input<typeof reportIncidentInput>;

/** Opens an incident that a person saw; it counts as detected now. */
export async function reportIncident(ctx: IncidentContext, input: ReportIncidentInput): Promise<IncidentSummary> {
  const report = parseInput(reportIncidentInput, input);
  const now = ctx.clock.now();
  return inTransaction(ctx.database, async (trx) => {
    const agent =
      report.agentId === undefined
        ? undefined
        : await trx.selectFrom("agents").select("pack").where("id", "=", report.agentId).executeTakeFirst();
    const row = await createIncident(trx, ctx, {
      title: report.title,
      type: report.type,
      severity: report.severity,
      agentId: report.agentId ?? null,
      pack: agent?.pack ?? null,
      sessionId: null,
      groupKey: null,
      origin: null,
      commander: isPerson(ctx.actor) ? ctx.actor.name : null,
      summary: report.summary ?? null,
      beganAt: now,
      detectedAt: now,
      sentence: `reported by ${ctx.actor.name}.`,
    });
    return summarizeOne(trx, row, now);
  });
}
