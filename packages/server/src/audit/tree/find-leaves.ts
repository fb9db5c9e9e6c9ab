import { hashAt, TILE_WIDTH } from "@firebreak/verifier";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import { hashLeaf } from "@firebreak/verifier";
import type { Schema } from "../../storage/index.ts";
import { readRefs } from "./database-source.ts";
import { entryOf } from "./entry.ts";

/** Where something stands in the log, and the hash that the tree has of it. */
export interface FoundLeaf {
  readonly index: number;
  readonly hash: Buffer;
}

const TILES_AT_ONCE = 64;

/**
 * @param seqs of events, ascending
 * @returns their leaves by `seq`; what was never logged is left out
 */
export async function findEventLeaves(
  kysely: Kysely<Schema>,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, FoundLeaf>> {
  const found = new Map<number, FoundLeaf>();
  const wanted = new Set(seqs);
  const [first = 0, last = 0] = [seqs[0], seqs.at(-1)];
  for (let after = { seq: first - 1, index: -1 }; wanted.size > 0;) {
    const { rows } = await sql<{ index: string; hashes: Buffer; refs: Buffer; last: string }>`
      select index, hashes, refs, last_event_seq as last from log_tiles
      where level = 0 and (last_event_seq, index) > (${after.seq}, ${after.index})
      order by last_event_seq, index limit ${TILES_AT_ONCE}`.execute(kysely);
    for (const { index, hashes, refs } of rows) {
      for (const [place, ref] of readRefs(refs).entries()) {
        const seq = Number(ref);
        if (!wanted.delete(seq)) continue;
        found.set(seq, { index: Number(index) * TILE_WIDTH + place, hash: Buffer.from(hashAt(hashes, place)) });
      }
    }
    const end = rows.at(-1);
    if (end === undefined || Number(end.last) > last) break;
    after = { seq: Number(end.last), index: Number(end.index) };
  }
  return found;
}

/**
 * @param places in the log, by the `seq` of the act that should stand there
 * @returns the leaves of those that stand there
 */
export async function findActLeaves(
  kysely: Kysely<Schema>,
  places: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, FoundLeaf>> {
  const indexes = [...new Set([...places.values()].map((index) => Math.floor(index / TILE_WIDTH)))];
  const tiles = await kysely
    .selectFrom("log_tiles")
    .select(["index", "hashes", "refs"])
    .where("level", "=", 0)
    .where("index", "in", [-1, ...indexes].map(String))
    .execute();
  const byIndex = new Map(tiles.map((tile) => [Number(tile.index), tile]));
  const found = new Map<number, FoundLeaf>();
  for (const [seq, index] of places) {
    const tile = byIndex.get(Math.floor(index / TILE_WIDTH));
    const place = index % TILE_WIDTH;
    if (tile?.refs === undefined || tile.refs === null || readRefs(tile.refs)[place] !== -BigInt(seq)) continue;
    found.set(seq, { index, hash: Buffer.from(hashAt(tile.hashes, place)) });
  }
  return found;
}

/** @returns whether this canonical text is what was logged there */
export function isLogged(canonical: string, leaf: FoundLeaf | undefined): leaf is FoundLeaf {
  return leaf !== undefined && hashLeaf(entryOf(canonical)).equals(leaf.hash);
}
