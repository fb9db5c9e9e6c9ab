import type { EventDetail } from "@firebreak/protocol";
import { sql } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import { readEventsBySeq, toEventView } from "../telemetry/index.ts";
import type { ExplorerContext } from "./context.ts";

const ALERTS_MAX = 50;

/** One event whole, with the alerts that name it. @throws FirebreakError not_found */
export async function getEvent(ctx: Pick<ExplorerContext, "database">, seq: number): Promise<EventDetail> {
  const [event] = await readEventsBySeq(ctx, [seq]);
  if (event === undefined) throw new FirebreakError("not_found", `There is no event ${seq}, or it was removed.`);
  const named = JSON.stringify([event.id]);
  const rows = await ctx.database.kysely
    .selectFrom("alerts")
    .select(["id", "title", "severity", "incident_id"])
    .where(sql<boolean>`event_ids @> ${named}::jsonb`)
    .orderBy("id", "desc")
    .limit(ALERTS_MAX)
    .execute();
  const alerts = rows.map(({ id, title, severity, incident_id }) => ({ id, title, severity, incidentId: incident_id }));
  return { event: toEventView(event), alerts };
}
