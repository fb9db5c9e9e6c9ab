import type { EventFilters, EventHistogram, EventSplit } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { ReadContext } from "../read-events.ts";
import { readSearch, toConditions } from "./conditions.ts";
import { readPeriod } from "./period.ts";

export interface CountContext extends ReadContext {
  readonly clock: Clock;
}

export interface HistogramQuestion extends EventFilters {
  readonly buckets: number;
  readonly by?: EventSplit | undefined;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Each divides every larger one but the weeks, so that buckets begin where people expect it. */
const WIDTHS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28, 91, 364, 3_640].map((days) => days * DAY_MS),
];

/** @returns the smallest of the usual widths with which the period has no more than that many buckets */
export function chooseWidth(sinceMs: number, untilMs: number, bucketsMax: number): number {
  const fits = (width: number) => Math.ceil(untilMs / width) - Math.floor(sinceMs / width) <= bucketsMax;
  return WIDTHS_MS.find(fits) ?? Math.ceil((untilMs - sinceMs) / bucketsMax / DAY_MS + 1) * 2 * DAY_MS;
}

/** How many events of a search there are in each stretch of time. */
export async function countOverTime(ctx: CountContext, question: HistogramQuestion): Promise<EventHistogram> {
  const { buckets: bucketsMax, by, ...filters } = question;
  const search = readSearch(filters);
  const { sinceMs, untilMs } = readPeriod(search, ctx.clock.now());
  const bucketMs = chooseWidth(sinceMs, untilMs, bucketsMax);
  const value = by === undefined ? sql`''` : sql`coalesce(${sql.ref(by)}, 'none')`;
  const where = sql.join(
    [sql`time >= ${toIso(sinceMs)}::timestamptz`, sql`time < ${toIso(untilMs)}::timestamptz`, ...toConditions(search)],
    sql` and `,
  );
  const { rows } = await sql<{ bucket: string; value: string; count: string }>`
    select floor(extract(epoch from time) * 1000 / ${bucketMs}::bigint)::bigint as bucket, ${value} as value, count(*) as count
    from events where ${where} group by 1, 2`.execute(ctx.database.kysely);
  const first = Math.floor(sinceMs / bucketMs);
  const buckets = Array.from({ length: Math.ceil(untilMs / bucketMs) - first }, (_, index) => ({
    time: toIso((first + index) * bucketMs),
    count: 0,
    counts: {} as Record<string, number>,
  }));
  let total = 0;
  for (const row of rows) {
    const count = Number(row.count);
    const bucket = buckets[Number(row.bucket) - first];
    if (bucket === undefined) continue;
    bucket.count += count;
    if (by !== undefined) bucket.counts[row.value] = count;
    total += count;
  }
  return { since: toIso(sinceMs), until: toIso(untilMs), bucketMs, total, buckets, countedBackTo: null };
}
