import { setImmediate as yieldToLoop } from "node:timers/promises";
import { sql } from "kysely";
import type { Trx } from "../../storage/index.ts";
import { isBetweenDays } from "./block-condition.ts";
import { addToSegment, markEvent, SEGMENT_BLOCKS, SIGNATURE_BITS, SIGNATURE_BYTES, SLICE_BYTES } from "./signature.ts";

const BLOCKS_AT_ONCE = 8;
/** Read at once while a segment is put together. */
const SIGNATURES_AT_ONCE = 16;

/**
 * Gives blocks their signatures, in their order, a few at a time. As long as a day's partition has no statistics, the
 * planner would find a block by its time, which is to read the index of the whole day for each.
 *
 * @returns how many got one
 */
export async function signBlocks(trx: Trx): Promise<number> {
  const { rows: states } = await sql<{ signed_last_block: string }>`
    select signed_last_block, set_config('enable_bitmapscan', 'off', true)
    from event_index_state for update skip locked`.execute(trx);
  const [state] = states;
  if (state === undefined) return 0;
  const blocks = await trx
    .selectFrom("event_blocks")
    .select(["first_seq", "last_seq", sql<string>`day::text`.as("day")])
    .where("first_seq", ">", state.signed_last_block)
    .orderBy("first_seq")
    .limit(BLOCKS_AT_ONCE)
    .execute();
  const last = blocks.at(-1);
  if (last === undefined) return 0;
  const signatures: Buffer[] = [];
  for (const block of blocks) signatures.push(await signBlock(trx, block));
  await sql`insert into event_signatures (first_seq, min_time, max_time, bits)
    select first_seq, min_time, max_time, signed.bits
    from unnest(${blocks.map(({ first_seq }) => first_seq)}::bigint[], ${signatures}::bytea[]) as signed (first_seq, bits)
    join event_blocks using (first_seq)`.execute(trx);
  await trx.updateTable("event_index_state").set({ signed_last_block: last.first_seq }).execute();
  await closeSegment(trx);
  return blocks.length;
}

interface UnsignedBlock {
  readonly first_seq: string;
  readonly last_seq: string;
  readonly day: string;
}

async function signBlock(trx: Trx, { first_seq: first, last_seq: last, day }: UnsignedBlock): Promise<Buffer> {
  const { rows } = await sql<{ body: string }>`
    select body from events
    where seq between ${first}::bigint and ${last}::bigint and ${isBetweenDays(day, day)}`.execute(trx);
  await yieldToLoop();
  const signature = Buffer.alloc(SIGNATURE_BYTES);
  for (const { body } of rows) markEvent(signature, body);
  return signature;
}

/** Puts the oldest signatures together into a segment when there are enough for one. */
async function closeSegment(trx: Trx): Promise<void> {
  const { rows: ready } = await sql<{ first_seq: string }>`
    select first_seq from event_signatures order by first_seq limit ${SEGMENT_BLOCKS}`.execute(trx);
  if (ready.length < SEGMENT_BLOCKS) return;
  const firsts = ready.map(({ first_seq: first }) => first);
  const segment = Buffer.alloc(SIGNATURE_BITS * SLICE_BYTES);
  for (let place = 0; place < SEGMENT_BLOCKS; place += SIGNATURES_AT_ONCE) {
    const some = firsts.slice(place, place + SIGNATURES_AT_ONCE);
    const { rows } = await sql<{ bits: Buffer }>`
      select bits from event_signatures where first_seq = any(${some}::bigint[]) order by first_seq`.execute(trx);
    for (const [index, { bits }] of rows.entries()) addToSegment(segment, bits, place + index);
    await yieldToLoop();
  }
  await sql`insert into event_segments (first_seq, min_time, max_time, blocks, bits)
    select min(first_seq), min(min_time), max(max_time), ${firsts}::bigint[], ${segment}
    from event_signatures where first_seq = any(${firsts}::bigint[])`.execute(trx);
  await sql`delete from event_signatures where first_seq = any(${firsts}::bigint[])`.execute(trx);
}
