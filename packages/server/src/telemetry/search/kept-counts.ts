import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Search } from "./conditions.ts";
import type { Period } from "./count-events.ts";

/** What the kept numbers tell apart, finest time first: a search that asks for more has to look at events. */
const STEPS = [
  { step: "minute", ms: 60_000, filters: ["kind", "outcome", "risk"] },
  { step: "hour", ms: 3_600_000, filters: ["kind", "outcome", "risk", "pack"] },
  { step: "day", ms: 86_400_000, filters: ["kind", "outcome", "risk", "pack", "agent"] },
] as const;

export interface KeptCounts extends Period {
  readonly step: "minute" | "hour" | "day";
}

/**
 * @param granularityMs how fine the answer is in time; null: not told apart by time
 * @param needs what the answer tells apart, beside the filters
 * @returns the longest stretch of the period that kept numbers cover, by the coarsest step that will do; or null
 */
export function chooseKeptCounts(
  { filters }: Search,
  { sinceMs, untilMs }: Period,
  granularityMs: number | null,
  needs: readonly string[],
): KeptCounts | null {
  const asked = Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const wanted = [...asked, ...needs].filter((name) => name !== "since" && name !== "until");
  for (const { step, ms, filters: known } of STEPS.toReversed()) {
    const isFineEnough = granularityMs === null || granularityMs % ms === 0;
    if (!isFineEnough || !wanted.every((name) => (known as readonly string[]).includes(name))) continue;
    const kept = { step, sinceMs: Math.ceil(sinceMs / ms) * ms, untilMs: Math.floor(untilMs / ms) * ms };
    if (kept.sinceMs < kept.untilMs) return kept;
  }
  return null;
}

/** @returns the rows of kept numbers of that stretch which fit */
export function keptCountsOf({ filters }: Search, { step, sinceMs, untilMs }: KeptCounts): RawBuilder<unknown> {
  const where = [
    sql`step = ${step} and at >= ${toIso(sinceMs)}::timestamptz and at < ${toIso(untilMs)}::timestamptz`,
    ...(["kind", "outcome", "risk"] as const).flatMap((name) => {
      const values = filters[name];
      return values === undefined ? [] : [sql`${sql.ref(name)} = any(${values})`];
    }),
    ...(filters.pack === undefined ? [] : [sql`pack = ${filters.pack}`]),
    ...(filters.agent === undefined ? [] : [sql`agent_id = ${filters.agent}`]),
  ];
  return sql`event_counts where ${sql.join(where, sql` and `)}`;
}
