import { formatProofFile, TILE_WIDTH, TreeReader } from "@firebreak/verifier";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import { FirebreakError } from "../../kernel/index.ts";
import type { Schema } from "../../storage/index.ts";
import { readEntry, readRefs } from "./database-source.ts";
import { createTileReader } from "./read-tiles.ts";

export interface EntryProof {
  readonly index: number;
  /** C2SP tlog-proof: path and signed checkpoint */
  readonly proof: string;
  /** what was logged, byte for byte; base64 */
  readonly entry: string;
}

/** One entry: by its place, or what was logged as it. */
export type EntryName = { readonly index: number } | { readonly eventSeq: number } | { readonly actSeq: number };

/**
 * Proves that an event or act is in the log, for somebody who has the log's key and nothing else. Needs no one view of the
 * tables: what lies under a signed checkpoint never changes while the log grows on.
 *
 * @throws FirebreakError not_found when it is not in the log (yet)
 */
export async function proveEntry(
  { database: { kysely }, home }: { readonly database: { readonly kysely: Kysely<Schema> }; readonly home: string },
  name: EntryName,
): Promise<EntryProof> {
  const state = await kysely.selectFrom("log_state").select(["size", "note"]).executeTakeFirst();
  const size = Number(state?.size ?? 0);
  const index = await findIndex(kysely, name);
  if (state === undefined || index === undefined || index >= size) {
    throw new FirebreakError("not_found", "That is not in the log; what was just written is there within a second.");
  }
  const tree = new TreeReader(size, createTileReader(kysely));
  const [entry, path] = await Promise.all([readEntry(kysely, home, index), tree.inclusionProof(index)]);
  if (entry === undefined)
    throw new FirebreakError(
      "not_found",
      `Entry ${index} is not stored any more: a policy deleted it, or somebody removed it. \`firebreak audit verify\` tells which.`,
    );
  const proof = formatProofFile({ index, path, checkpoint: state.note });
  return { index, proof, entry: entry.toString("base64") };
}

async function findIndex(kysely: Kysely<Schema>, name: EntryName): Promise<number | undefined> {
  if ("index" in name) return name.index;
  if ("actSeq" in name) {
    const row = await kysely
      .selectFrom("audit_log")
      .select("leaf_index")
      .where("seq", "=", String(name.actSeq))
      .executeTakeFirst();
    return row?.leaf_index === undefined || row.leaf_index === null ? undefined : Number(row.leaf_index);
  }
  const { rows } = await sql<{ index: string; refs: Buffer }>`
    select index, refs from log_tiles where level = 0 and last_event_seq >= ${name.eventSeq}
    order by last_event_seq, index limit 1`.execute(kysely);
  const [tile] = rows;
  const place = tile === undefined ? -1 : readRefs(tile.refs).indexOf(BigInt(name.eventSeq));
  return tile === undefined || place < 0 ? undefined : Number(tile.index) * TILE_WIDTH + place;
}
