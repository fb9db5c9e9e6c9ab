import { cleanText } from "../input.ts";
import { createIncident } from "../create-incident.ts";
import type { NewIncident } from "../create-incident.ts";
import type { IncidentContext, IncidentRow, Trx } from "../types.ts";
import { ALL } from "./decide-storm.ts";

const MINUTE_MS = 60_000;
const NAMED_MAX = 10;

/** The alert that a storm begins with. */
export type FirstOfStorm = Pick<NewIncident, "type" | "severity" | "beganAt" | "detectedAt"> & {
  readonly title: string;
};

/** Opens the incident of a storm; who is in it joins it after. Only under the lock of storms. */
export async function beginStorm(
  trx: Trx,
  ctx: IncidentContext,
  key: string,
  first: FirstOfStorm,
): Promise<IncidentRow> {
  const now = ctx.clock.now();
  await closeSettled(trx, key, now);
  const { title, ...about } = first;
  const row = await createIncident(trx, ctx, {
    ...about,
    title: key === ALL ? "Alert storm: alerts of many rules at once" : `Alert storm: ${title}`,
    agentId: null,
    pack: null,
    sessionId: null,
    groupKey: null,
    origin: null,
    commander: null,
    summary: null,
    sentence: await describeBeginning(trx, ctx, key),
  });
  await trx
    .insertInto("storms")
    .values({ incident_id: row.id, key, began_at: row.opened_at, last_joined_at: row.opened_at, told_text: null })
    .execute();
  return row;
}

/** A storm whose incident a person settled is over; its end is not told apart from that. */
async function closeSettled(trx: Trx, key: string, now: number): Promise<void> {
  await trx
    .updateTable("storms")
    .set({ ended_at: new Date(now) })
    .where("key", "=", key)
    .where("ended_at", "is", null)
    .execute();
}

/** Names the incidents that came before, so that who reads this finds them. */
async function describeBeginning(trx: Trx, ctx: IncidentContext, key: string): Promise<string> {
  const { minutes } = ctx.profile.alerts.storm;
  let query = trx
    .selectFrom("incidents")
    .select("id")
    .where("opened_at", ">", new Date(ctx.clock.now() - minutes * MINUTE_MS))
    .where("origin", "is not", null)
    .orderBy("opened_at");
  if (key !== ALL) query = query.where("origin", "=", key);
  const before = await query.execute();
  const named = before.slice(0, NAMED_MAX).map(({ id }) => id);
  const more = before.length > named.length ? ` and ${before.length - named.length} more` : "";
  const who = key === ALL ? "alerts" : "the same kind of alert";
  return cleanText(
    `${who} opened ${before.length} incidents within ${minutes} min (${named.join(", ")}${more}). Those that come now join this one; every agent is still contained as the profile says.`,
    2_000,
  );
}
