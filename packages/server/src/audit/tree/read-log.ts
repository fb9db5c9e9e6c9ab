import { TILE_WIDTH } from "@firebreak/verifier";
import type { Kysely } from "kysely";
import { FirebreakError } from "../../kernel/index.ts";
import type { Schema } from "../../storage/index.ts";
import { createDatabaseSource, readHeadRows, readKeyChanges } from "./database-source.ts";
import { readTile } from "./read-tiles.ts";

interface LogContext {
  readonly database: { readonly kysely: Kysely<Schema> };
}

export interface LogView {
  readonly origin: string;
  readonly size: number;
  /** the newest signed checkpoint */
  readonly checkpoint: string;
  readonly signedAt: string;
  /** keys that signed checkpoints: `name+id+base64` */
  readonly keys: string[];
  /** notes by which one of them handed over to the next */
  readonly keyChanges: string[];
}

/** @throws FirebreakError not_found before anything was logged */
export async function getLog({ database }: LogContext): Promise<LogView> {
  const state = await database.kysely.selectFrom("log_state").selectAll().executeTakeFirst();
  if (state === undefined) throw new FirebreakError("not_found", "Nothing is in the log yet; ask again in a second.");
  const keys = await database.kysely.selectFrom("log_keys").select("verifier_key").orderBy("at").execute();
  return {
    origin: state.origin,
    size: Number(state.size),
    checkpoint: state.note,
    signedAt: state.signed_at.toISOString(),
    keys: keys.map(({ verifier_key }) => verifier_key),
    keyChanges: await readKeyChanges(database.kysely),
  };
}

/** @returns the newest checkpoint, with what witnesses put under it */
export async function readHeadToShip(
  kysely: Kysely<Schema>,
): Promise<{ readonly origin: string; readonly size: number; readonly note: string } | undefined> {
  const state = await kysely.selectFrom("log_state").select(["origin", "size", "note"]).executeTakeFirst();
  if (state === undefined) return undefined;
  const { origin, size, note } = state;
  const rows = await kysely.selectFrom("log_cosignatures").select("line").where("size", "=", size).execute();
  return { origin, size: Number(size), note: `${note}${rows.map(({ line }) => line).join("")}` };
}

const HEADS_PAGE = 1_000;

/** @returns kept checkpoints of more than `after` entries, smallest first */
export async function listHeads(
  { database }: LogContext,
  after: number,
): Promise<{ items: { size: number; checkpoint: string }[]; next: string | null }> {
  const rows = await readHeadRows(database.kysely, after, HEADS_PAGE);
  const items = rows.map(({ size, note }) => ({ size: Number(size), checkpoint: note }));
  return { items, next: rows.length < HEADS_PAGE ? null : String(items.at(-1)?.size ?? after) };
}

/** @returns the hashes of a tile, as many as it holds now; base64. @throws FirebreakError not_found */
export async function getTile(
  { database }: LogContext,
  id: { level: number; index: number },
): Promise<{ hashes: string }> {
  const tile = await readTile(database.kysely, id.level, id.index);
  if (tile === undefined) throw new FirebreakError("not_found", `There is no tile ${id.index} of level ${id.level}.`);
  return { hashes: tile.hashes.toString("base64") };
}

/** @returns the entries under a tile of level 0, base64; null for one that is not there any more. @throws not_found */
export async function getEntries(
  { database, home }: LogContext & { readonly home: string },
  { index }: { readonly index: number },
): Promise<{ entries: (string | null)[] }> {
  const entries = await createDatabaseSource(database.kysely, home).entries({ index, width: TILE_WIDTH });
  if (entries === undefined) throw new FirebreakError("not_found", `There are no entries under tile ${index}.`);
  return { entries: entries.map((entry) => entry?.toString("base64") ?? null) };
}
