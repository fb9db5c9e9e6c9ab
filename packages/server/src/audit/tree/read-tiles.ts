import type { Kysely } from "kysely";
import type { Schema } from "../../storage/index.ts";

export interface StoredTile {
  readonly hashes: Buffer;
  readonly refs: Buffer | null;
  readonly lastEventSeq: number | null;
}

export async function readTile(kysely: Kysely<Schema>, level: number, index: number): Promise<StoredTile | undefined> {
  const row = await kysely
    .selectFrom("log_tiles")
    .select(["hashes", "refs", "last_event_seq"])
    .where("level", "=", level)
    .where("index", "=", String(index))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { hashes, refs, last_event_seq } = row;
  return { hashes, refs, lastEventSeq: last_event_seq === null ? null : Number(last_event_seq) };
}
