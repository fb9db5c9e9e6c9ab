import type { DetectedMatch } from "../detection/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import { sql } from "kysely";
import type { Database, Trx } from "../storage/index.ts";

const HOUR_MS = 3_600_000;
const KEPT_MS = 90 * 24 * HOUR_MS;

/**
 * Counts matches by rule and hour, in the transaction of what they cause. By our clock: the times of events are their
 * senders' word, and a sender could fill the table with hours.
 */
export async function recordHits(
  trx: Trx,
  ctx: { readonly clock: Clock },
  found: readonly Pick<DetectedMatch, "match">[],
): Promise<void> {
  const counts = new Map<string, number>();
  for (const { match } of found) counts.set(match.ruleId, (counts.get(match.ruleId) ?? 0) + 1);
  if (counts.size === 0) return;
  const nowMs = ctx.clock.now();
  const rows = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  await trx
    .insertInto("rule_hits")
    .values(
      rows.map(([rule_id, hits]) => ({
        rule_id,
        hour: toIso(Math.floor(nowMs / HOUR_MS) * HOUR_MS),
        hits,
        last_at: toIso(nowMs),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["rule_id", "hour"]).doUpdateSet({
        hits: sql`rule_hits.hits + excluded.hits`,
        last_at: sql`greatest(rule_hits.last_at, excluded.last_at)`,
      }),
    )
    .execute();
}

/** Forgets hours of more than 90 days ago. */
export async function forgetOldHits(database: Pick<Database, "kysely">, nowMs: number): Promise<void> {
  await database.kysely
    .deleteFrom("rule_hits")
    .where("hour", "<", new Date(nowMs - KEPT_MS))
    .execute();
}
