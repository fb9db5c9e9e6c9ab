import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { Search } from "./conditions.ts";
import { toIndexQuestion } from "./index-question.ts";
import { CELL_BITS, placesIn, SLICE_BYTES } from "./signature.ts";

/** What is looked for, from where, and in which direction. */
export interface Walk {
  readonly search: Search;
  readonly order: "newest" | "oldest";
  /** the first and the last millisecond that matter, where there is one */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** what must hold besides */
  readonly where: readonly RawBuilder<unknown>[];
  /** what each part is cut to, in the order wanted; null: all of it */
  readonly limit: number | null;
}

export interface Block {
  readonly first_seq: string;
  readonly last_seq: string;
  readonly day: string;
  readonly bytes: string;
  /** the time of its newest event, for `oldest` of its oldest */
  readonly edge: Date;
  /** the same to the last digit */
  readonly exact_edge: string;
}

/** How far the index reaches. */
export interface Extent {
  readonly last_seq: string;
  readonly signed_last_block: string;
  readonly oldest: Date | null;
  readonly newest: Date | null;
}

/** Most questions have their page after few blocks. */
const BLOCKS_AT_FIRST = 16;
const BLOCKS_GROW = 4;
const BLOCKS_AT_ONCE = 1_024;
/** Looked into before signatures are asked: what stands everywhere is found there at once. */
const BLOCKS_UNASKED = 4;

export async function readExtent(trx: Trx): Promise<Extent> {
  const { rows } = await sql<Extent>`
    select last_seq, signed_last_block, (select min(min_time) from event_blocks) as oldest,
      (select max(max_time) from event_blocks) as newest
    from event_index_state`.execute(trx);
  return rows[0] ?? { last_seq: "0", signed_last_block: "0", oldest: null, newest: null };
}

/** The blocks that may hold an event that fits, in the order of their nearer ends, a bounded number at a time. */
export async function* findBlocks(trx: Trx, walk: Walk, extent: Extent): AsyncGenerator<Block[]> {
  const { marks, bits } = toIndexQuestion(walk.search);
  const fitting = [...overlaps(walk), ...marks.map((group) => sql`marks && ${group}::text[]`)];
  if (bits.length === 0) {
    yield* readBlocks(trx, walk, [{ where: fitting }], null);
    return;
  }
  const probed = await readPage(trx, walk, [{ where: fitting }], { after: null, limit: BLOCKS_UNASKED });
  yield probed;
  const after = probed.at(-1);
  if (after === undefined || probed.length < BLOCKS_UNASKED) return;
  const signed = await findSigned(trx, walk, bits);
  const unsigned = { where: [...fitting, sql`first_seq > ${extent.signed_last_block}::bigint`] };
  yield* readBlocks(trx, walk, [unsigned, namedBy(signed, overlaps(walk))], after);
}

/** @returns the first `seq` of every block whose signature has all of the bits */
async function findSigned(trx: Trx, walk: Walk, bits: readonly number[]): Promise<string[]> {
  const pieces = toPieces(bits);
  const { rows: segments } = await sql<{ blocks: string; slices: Buffer }>`
    select array_to_string(blocks, ' ') as blocks, ${sql.join(pieces.flatMap(slicesOf), sql` || `)} as slices
    from event_segments cross join lateral (select ${sql.join(pieces.map(readPiece))} offset 0) as pieces
    where ${within(overlaps(walk))}`.execute(trx);
  const { rows: open } = await sql<{ first_seq: string }>`
    select first_seq from event_signatures
    where ${within([...overlaps(walk), ...bits.map((bit) => sql`get_bit(bits, ${bit}::bigint) = 1`)])}`.execute(trx);
  const closed = segments.flatMap(({ blocks, slices: found }) => {
    const places = placesIn(found);
    const firsts = places.length === 0 ? [] : blocks.split(" ");
    return places.flatMap((place) => firsts[place] ?? []);
  });
  return [...closed, ...open.map(({ first_seq: first }) => first)];
}

/** Bits of a segment that are read at once: those of one fact, or by chance. */
interface Piece {
  readonly name: string;
  readonly bits: readonly number[];
  readonly first: number;
}

function toPieces(bits: readonly number[]): Piece[] {
  const cells = new Map<number, number[]>();
  for (const bit of bits) {
    const cell = Math.floor(bit / CELL_BITS);
    cells.set(cell, [...(cells.get(cell) ?? []), bit]);
  }
  return [...cells.values()].map((near, index) => ({ name: `piece${index}`, bits: near, first: Math.min(...near) }));
}

function readPiece({ name, bits, first }: Piece): RawBuilder<unknown> {
  return sql`${sliceOf(sql`bits`, first, Math.max(...bits) - first + 1)} as ${sql.ref(name)}`;
}

function slicesOf({ name, bits, first }: Piece): RawBuilder<unknown>[] {
  return bits.map((bit) => sliceOf(sql.ref(name), bit - first, 1));
}

function sliceOf(bytes: RawBuilder<unknown>, bit: number, bits: number): RawBuilder<unknown> {
  return sql`substring(${bytes} from ${bit * SLICE_BYTES + 1}::int for ${bits * SLICE_BYTES}::int)`;
}

/** Where a list of blocks goes on: behind this one. */
type Place = Pick<Block, "first_seq" | "edge" | "exact_edge">;
/** Blocks that end in the time that matters. */
function overlaps({ fromMs, toMs }: Walk): RawBuilder<unknown>[] {
  return [
    ...(fromMs === null ? [] : [sql`max_time >= ${toIso(fromMs)}::timestamptz`]),
    ...(toMs === null ? [] : [sql`min_time < ${toIso(toMs + 1)}::timestamptz`]),
  ];
}

function within(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

/** Blocks that are read by themselves. */
interface Source {
  /** in place of the table; it is named `event_blocks` too */
  readonly from?: RawBuilder<unknown>;
  readonly where: readonly RawBuilder<unknown>[];
}
type Sources = readonly Source[];

/**
 * So many are read by their keys. Their marks are not asked: frequent ones, such as a kind, name nearly all blocks, and pairs of
 * them stand in the signatures too.
 */
const NAMED_MAX = 4_000;

function namedBy(signed: readonly string[], where: readonly RawBuilder<unknown>[]): Source {
  const named = sql`first_seq = any(${signed}::bigint[])`;
  if (signed.length > NAMED_MAX) return { where: [...where, named] };
  return { from: sql`(select * from event_blocks where ${named} offset 0) as event_blocks`, where };
}

async function* readBlocks(trx: Trx, walk: Walk, sources: Sources, start: Place | null): AsyncGenerator<Block[]> {
  let after = start;
  for (let limit = BLOCKS_AT_FIRST; ; limit = Math.min(limit * BLOCKS_GROW, BLOCKS_AT_ONCE)) {
    const blocks = await readPage(trx, walk, sources, { after, limit });
    if (blocks.length > 0) yield blocks;
    after = blocks.at(-1) ?? null;
    if (blocks.length < limit || after === null) return;
  }
}

interface Page {
  readonly after: Place | null;
  readonly limit: number;
}

async function readPage(trx: Trx, walk: Walk, sources: Sources, page: Page): Promise<Block[]> {
  const isNewest = walk.order === "newest";
  const edge = sql.ref(isNewest ? "max_time" : "min_time");
  const direction = isNewest ? sql`desc` : sql`asc`;
  const bounds: RawBuilder<unknown>[] = [];
  if (page.after !== null) {
    const { exact_edge: exact, first_seq: first } = page.after;
    bounds.push(sql`(${edge}, first_seq) ${isNewest ? sql`<` : sql`>`} (${exact}::timestamptz, ${first}::bigint)`);
  }
  const parts = sources.map(
    ({ from = sql`event_blocks`, where }) => sql`(select first_seq, last_seq, day, bytes, ${edge} as edge from ${from}
      where ${within([...where, ...bounds])} order by ${edge} ${direction}, first_seq ${direction} limit ${page.limit})`,
  );
  // a block may be named twice: it got its signature and is newer than what was signed, or the like
  const { rows } = await sql<Block>`
    select first_seq, last_seq, day::text as day, bytes, edge, edge::text as exact_edge
    from (${sql.join(parts, sql` union `)}) as found
    order by found.edge ${direction}, first_seq ${direction} limit ${page.limit}`.execute(trx);
  return rows;
}
