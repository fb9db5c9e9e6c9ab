import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import { toConditions } from "./conditions.ts";
import { findBlocks, readExtent } from "./find-blocks.ts";
import type { Block, Extent, Walk } from "./find-blocks.ts";
import { isBetweenDays, isOfDay } from "./block-condition.ts";

/** Some of the events that fit. */
export interface Part {
  /** what stands after `from`: rows of `events` as `fitting` */
  readonly fitting: RawBuilder<unknown>;
  /** events beyond this time, seen from where the walk began, are complete with this part; null: all are */
  readonly edgeMs: number | null;
}

const PART_BLOCKS = { first: 4, max: 256 };
/** A part too many costs a question more; a part too large costs blocks that nobody wants. */
const MORE_THAN_TOLD = 1.2;
const PART_BYTES_MAX = 48 * 1024 * 1024;

/**
 * Goes through the events that may fit, part by part in the order of time: first what is not in blocks yet, then block
 * by block what the index names. Each part is a question of bounded size.
 */
export async function* walkBlocks(trx: Trx, walk: Walk, found: Found = { rows: 0 }): AsyncGenerator<Part> {
  const extent = await readExtent(trx);
  yield { fitting: eventsAfter(walk, extent.last_seq), edgeMs: edgeOf(walk, extent) };
  let waiting: Block[] = [];
  let size = PART_BLOCKS.first;
  let looked = 0;
  for await (const blocks of findBlocks(trx, walk, extent)) {
    waiting = [...waiting, ...blocks];
    // the last one waits until it is known what comes after it
    while (waiting.length > 1) {
      const taken = takeBlocks(waiting.slice(0, -1), Math.min(size, enoughFor(walk, found, looked)));
      waiting = waiting.slice(taken.length);
      looked += taken.length;
      yield { fitting: eventsIn(walk, taken), edgeMs: waiting[0]?.edge.getTime() ?? null };
      size = Math.min(size * 2, PART_BLOCKS.max);
    }
  }
  if (waiting.length > 0) yield { fitting: eventsIn(walk, waiting), edgeMs: null };
}

/** What whoever walks has found so far. */
export interface Found {
  rows: number;
}

/** @returns how many more blocks will fill the page, as far as those that were looked into tell */
function enoughFor({ limit }: Walk, { rows }: Found, looked: number): number {
  if (limit === null || rows === 0) return PART_BLOCKS.max;
  return Math.max(1, Math.ceil(((limit - rows) / rows) * looked * MORE_THAN_TOLD));
}

function edgeOf({ order }: Walk, { oldest, newest }: Extent): number | null {
  return (order === "newest" ? newest : oldest)?.getTime() ?? null;
}

/** As many as are looked into at once: the number grows, and their bodies stay within bounds. */
function takeBlocks(blocks: readonly Block[], size: number): Block[] {
  let bytes = 0;
  const end = blocks.slice(0, size).findIndex((block) => (bytes += Number(block.bytes)) > PART_BYTES_MAX);
  return blocks.slice(0, end === -1 ? size : Math.max(1, end));
}

/** @returns the events that no block holds yet: few, unless the index fell behind */
export function eventsAfter(walk: Walk, lastSeq: string): RawBuilder<unknown> {
  return sql`(${fittingOf(walk, [sql`seq > ${lastSeq}::bigint`])}) as fitting`;
}

/** Each block by itself: a plan that joins whole tables is not possible so. */
function eventsIn(walk: Walk, blocks: readonly Block[]): RawBuilder<unknown> {
  const days = blocks.map(({ day }) => day).toSorted();
  const ofBlock = [
    sql`seq between block.first_seq and block.last_seq`,
    isOfDay("block.day"),
    isBetweenDays(days[0] ?? "", days.at(-1) ?? ""),
  ];
  const column = (read: (block: Block) => string) => blocks.map(read);
  return sql`unnest(${column(({ first_seq }) => first_seq)}::bigint[], ${column(({ last_seq }) => last_seq)}::bigint[],
      ${column(({ day }) => day)}::date[]) as block(first_seq, last_seq, day)
    cross join lateral (${fittingOf(walk, ofBlock)}) as fitting`;
}

/**
 * Those of some events that fit. What they must be is asked behind `offset 0`: the plan is made once and not for each
 * partition, which takes longer than the search, and no other index is tried than that on `seq`.
 */
function fittingOf(walk: Walk, some: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  const fits = [sql`true`, ...walk.where, ...toConditions(walk.search)];
  return sql`select * from (select * from events where ${sql.join([...some, ...inTime(walk)], sql` and `)} offset 0) as events
    where ${sql.join(fits, sql` and `)} ${cut(walk)}`;
}

/** @returns what makes an event one of the time that matters, as which it names the partitions */
export function inTime({ fromMs, toMs }: Pick<Walk, "fromMs" | "toMs">): RawBuilder<unknown>[] {
  return [
    ...(fromMs === null ? [] : [sql`time >= ${toIso(fromMs)}::timestamptz`]),
    ...(toMs === null ? [] : [sql`time < ${toIso(toMs + 1)}::timestamptz`]),
  ];
}

/** `offset 0` keeps the question apart from what stands around it. */
function cut({ order, limit }: Walk): RawBuilder<unknown> {
  if (limit === null) return sql`offset 0`;
  const direction = order === "newest" ? sql`desc` : sql`asc`;
  return sql`order by time ${direction}, seq ${direction} limit ${limit}`;
}
