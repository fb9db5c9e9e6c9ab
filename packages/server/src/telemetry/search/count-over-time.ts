import type { EventFilters, EventHistogram, EventSplit } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import { readSearch } from "./conditions.ts";
import type { Search } from "./conditions.ts";
import { countDirectly, countUnindexed } from "./count-events.ts";
import type { Count, Period } from "./count-events.ts";
import { chooseKeptCounts, keptCountsOf } from "./kept-counts.ts";
import { readPeriod } from "./period.ts";
import { inSearch } from "./search-transaction.ts";
import type { Patience, SearchContext } from "./search-transaction.ts";

export interface HistogramQuestion extends EventFilters {
  readonly buckets: number;
  readonly by?: EventSplit | undefined;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** So that buckets begin where people expect it. */
const WIDTHS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28, 91, 364, 3_640].map((days) => days * DAY_MS),
];

/** @returns the smallest of the usual widths with which the period has no more than that many buckets */
function chooseWidth({ sinceMs, untilMs }: Period, bucketsMax: number): number {
  const fits = (width: number) => Math.ceil(untilMs / width) - Math.floor(sinceMs / width) <= bucketsMax;
  // a period of any length fits into one that is longer and begins in 1970
  return WIDTHS_MS.find(fits) ?? Math.ceil(untilMs / DAY_MS) * DAY_MS;
}

/** How many events of a search there are in each stretch of time. */
export async function countOverTime(ctx: SearchContext, question: HistogramQuestion): Promise<EventHistogram> {
  const { buckets: bucketsMax, by, ...filters } = question;
  const search = readSearch(filters);
  const period = readPeriod(search, ctx.clock.now());
  const bucketMs = chooseWidth(period, bucketsMax);
  const buckets = new Buckets(period, bucketMs);
  const stoppedAtMs = await inSearch(ctx, (trx, patience) =>
    fill(trx, { search, period, bucketMs, by, buckets, patience }),
  );
  return {
    ...buckets.answer(stoppedAtMs, by !== undefined),
    since: toIso(period.sinceMs),
    until: toIso(period.untilMs),
    bucketMs,
  };
}

interface Filling {
  readonly search: Search;
  readonly period: Period;
  readonly bucketMs: number;
  readonly by: EventSplit | undefined;
  readonly buckets: Buckets;
  readonly patience: Patience;
}

interface Row {
  readonly bucket: string;
  readonly value: string;
  readonly count: string;
}

/** Whole minutes, hours or days from the kept numbers, the rest from the events. */
async function fill(trx: Trx, filling: Filling): Promise<number | null> {
  const { search, period, bucketMs, by, buckets, patience } = filling;
  const value = by === undefined ? sql`''` : sql`coalesce(nullif(${sql.ref(by)}, ''), 'none')`;
  const bucketOf = (time: string) =>
    sql`floor(extract(epoch from ${sql.ref(time)}) * 1000 / ${bucketMs}::bigint)::bigint`;
  const count: Count<Row> = {
    columns: sql`${bucketOf("time")} as bucket, ${value} as value, count(*) as count`,
    groups: sql`1, 2`,
    add: (row) => buckets.add(row),
  };
  const kept = chooseKeptCounts(search, period, bucketMs, by === undefined ? [] : [by]);
  if (kept === null) return countDirectly(trx, search, period, count, patience);
  const { rows } = await sql<Row>`
    select ${bucketOf("at")} as bucket, ${value} as value, sum(events) as count
    from ${keptCountsOf(search, kept)} group by 1, 2`.execute(trx);
  for (const row of rows) buckets.add(row);
  await countUnindexed(trx, search, kept, count);
  // the ends are shorter than a step: the next finer one is asked
  const end = await fill(trx, { ...filling, period: { ...period, sinceMs: kept.untilMs } });
  const start = await fill(trx, { ...filling, period: { ...period, untilMs: kept.sinceMs } });
  return end ?? start;
}

interface Bucket {
  readonly time: string;
  count: number;
  readonly counts: Record<string, number>;
}

class Buckets {
  readonly #bucketMs: number;
  readonly #first: number;
  readonly #buckets: Bucket[];

  constructor({ sinceMs, untilMs }: Period, bucketMs: number) {
    this.#bucketMs = bucketMs;
    this.#first = Math.floor(sinceMs / bucketMs);
    this.#buckets = Array.from({ length: Math.ceil(untilMs / bucketMs) - this.#first }, (_, index) => ({
      time: toIso((this.#first + index) * bucketMs),
      count: 0,
      counts: {},
    }));
  }

  add({ bucket: number, value, count }: Row): void {
    const bucket = this.#buckets[Number(number) - this.#first];
    if (bucket === undefined) return;
    bucket.count += Number(count);
    bucket.counts[value] = (bucket.counts[value] ?? 0) + Number(count);
  }

  /** Buckets that were not counted to their beginning are left empty. */
  answer(stoppedAtMs: number | null, isSplit: boolean): Pick<EventHistogram, "total" | "buckets" | "countedBackTo"> {
    const firstCounted = stoppedAtMs === null ? null : Math.floor(stoppedAtMs / this.#bucketMs) + 1;
    const buckets = this.#buckets.map(({ time, count, counts }, index) => {
      if (firstCounted !== null && this.#first + index < firstCounted) return { time, count: 0, counts: {} };
      return { time, count, counts: isSplit ? counts : {} };
    });
    return {
      total: buckets.reduce((sum, { count }) => sum + count, 0),
      buckets,
      countedBackTo: firstCounted === null ? null : toIso(firstCounted * this.#bucketMs),
    };
  }
}
