import type { ReadTile } from "@firebreak/verifier";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Schema } from "../../storage/index.ts";

interface StoredTile {
  readonly hashes: Buffer;
  readonly refs: Buffer | null;
}

export async function readTile(kysely: Kysely<Schema>, level: number, index: number): Promise<StoredTile | undefined> {
  return kysely
    .selectFrom("log_tiles")
    .select(["hashes", "refs"])
    .where("level", "=", level)
    .where("index", "=", String(index))
    .executeTakeFirst();
}

/** A tile that is asked for, and who waits for it. */
interface Asked {
  readonly level: number;
  readonly index: number;
  readonly resolve: (hashes: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @returns a reader of tiles that fetches all that are asked for at once by one query: what a proof costs is the way to the
 *   database and back. A tile that is not there reads as an empty one
 */
export function createTileReader(kysely: Kysely<Schema>): ReadTile {
  let waiting: Asked[] = [];
  return ({ level, index }) =>
    new Promise((resolve, reject) => {
      waiting.push({ level, index, resolve, reject });
      if (waiting.length > 1) return;
      queueMicrotask(() => {
        const asked = waiting;
        waiting = [];
        void answer(kysely, asked);
      });
    });
}

async function answer(kysely: Kysely<Schema>, asked: readonly Asked[]): Promise<void> {
  try {
    const levels = asked.map(({ level }) => level);
    const indexes = asked.map(({ index }) => String(index));
    const { rows } = await sql<{ level: number; index: string; hashes: Buffer }>`
      select level, index, hashes from log_tiles
      join unnest(${levels}::smallint[], ${indexes}::bigint[]) as asked (level, index) using (level, index)`.execute(
      kysely,
    );
    const tiles = new Map(rows.map(({ level, index, hashes }) => [`${level}/${index}`, hashes]));
    for (const { level, index, resolve } of asked) resolve(tiles.get(`${level}/${index}`) ?? Buffer.alloc(0));
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}
