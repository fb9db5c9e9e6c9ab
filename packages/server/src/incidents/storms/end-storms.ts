import { isSettled } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { emitDomainEvent, inTransaction, notifyLive } from "../../storage/index.ts";
import { addTimelineEntry } from "../timeline.ts";
import type { IncidentContext } from "../types.ts";
import { writeSummary } from "./join-storm.ts";
import { lockStorms } from "./read-storms.ts";
import { summarizeStorm } from "./summarize-storm.ts";

const MINUTE_MS = 60_000;
/** Storms ended in one transaction; the next pass ends more. */
const BATCH_MAX = 20;

/**
 * Ends storms that nothing joined for the quiet time of the profile, each once however many nodes ask: what comes after
 * opens incidents again. The incident stays open for people.
 *
 * @returns how many
 */
export async function endStorms(ctx: IncidentContext): Promise<number> {
  const now = ctx.clock.now();
  const quietSince = new Date(now - ctx.profile.alerts.storm.quietMinutes * MINUTE_MS);
  return inTransaction(ctx.database, async (trx) => {
    await lockStorms(trx);
    const over = await trx
      .updateTable("storms")
      .set({ ended_at: new Date(now) })
      .where("incident_id", "in", (storms) =>
        storms
          .selectFrom("storms")
          .select("incident_id")
          .where("ended_at", "is", null)
          .where("last_joined_at", "<=", quietSince)
          .limit(BATCH_MAX),
      )
      .returningAll()
      .execute();
    for (const storm of over) {
      const { incident_id: incidentId, key, agents, alerts } = storm;
      const summary = await summarizeStorm(trx, storm);
      await writeSummary(trx, ctx, storm, summary);
      await addTimelineEntry(trx, ctx, {
        incidentId,
        key: `storm-ended:${now}`,
        at: now,
        kind: "storm",
        source: "incidents",
        text: `The storm is over: no alert joined it since ${storm.last_joined_at.toISOString()}. In all: ${summary}`,
        data: { agents, alerts },
      });
      const detail = { key, agents, alerts };
      await recordAudit(trx, { at: now, actor: ctx.actor, action: "storm.end", target: incidentId, detail });
      const { state } = await trx
        .selectFrom("incidents")
        .select("state")
        .where("id", "=", incidentId)
        .executeTakeFirstOrThrow();
      if (!isSettled(state)) await emitDomainEvent(trx, { type: "incident.changed", incidentId, change: "storm" });
      await notifyLive(trx, "incident", incidentId);
    }
    return over.length;
  });
}
