import { HASH_BYTES, TILE_WIDTH } from "@firebreak/verifier";
import type { Head, LogSource } from "@firebreak/verifier";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Schema } from "../../storage/index.ts";
import { REF_BYTES } from "./append-leaves.ts";
import { createArchivedEntries } from "./archived-entries.ts";
import type { ArchivedEntries } from "./archived-entries.ts";
import { entryOf } from "./entry.ts";
import { readTile } from "./read-tiles.ts";

/** What stands in the columns of a row, beside the canonical text that was logged. */
export interface LoggedRow {
  readonly index: number;
  readonly table: "events" | "audit_log";
  readonly seq: number;
  readonly canonical: string;
  readonly columns: Readonly<Record<string, unknown>>;
}

/** Who looks on while the log is read. */
export interface SourceWatch {
  /** told of every row that an entry is made of */
  readonly onRow?: (row: LoggedRow) => void;
  /** told what the leaves of a tile stand for, before its rows are read */
  readonly onRefs?: (refs: readonly bigint[]) => Promise<void>;
}

/** The log as the tables and the archive hold it. */
export function createDatabaseSource(
  kysely: Kysely<Schema>,
  home: string,
  { onRow = () => undefined, onRefs }: SourceWatch = {},
): LogSource {
  const archived = createArchivedEntries(kysely, home);
  return {
    checkpoint: async () => (await kysely.selectFrom("log_state").select("note").executeTakeFirst())?.note,
    heads: () => readHeads(kysely),
    keyChanges: () => readKeyChanges(kysely),
    tile: async ({ level, index, width }) =>
      (await readTile(kysely, level, index))?.hashes.subarray(0, width * HASH_BYTES),
    entries: async ({ index, width }) => {
      const stored = (await readTile(kysely, 0, index))?.refs;
      if (stored === undefined || stored === null) return undefined;
      const refs = readRefs(stored).slice(0, width);
      await onRefs?.(refs);
      return readEntries(kysely, refs, { first: index * TILE_WIDTH, onRow, archived });
    },
  };
}

/** @returns one entry; undefined when it is not stored any more */
export async function readEntry(kysely: Kysely<Schema>, home: string, index: number): Promise<Buffer | undefined> {
  const refs = (await readTile(kysely, 0, Math.floor(index / TILE_WIDTH)))?.refs ?? Buffer.alloc(0);
  const [ref] = readRefs(refs).slice(index % TILE_WIDTH);
  const place = { first: index, onRow: () => undefined, archived: createArchivedEntries(kysely, home) };
  return ref === undefined ? undefined : (await readEntries(kysely, [ref], place))[0];
}

async function readHeads(kysely: Kysely<Schema>): Promise<Head[]> {
  const rows = await readHeadRows(kysely, -1);
  return rows.map(({ size, note }) => ({ name: `the checkpoint at ${size}`, note }));
}

interface HeadRow {
  readonly size: string;
  readonly note: string;
}

/** @returns kept checkpoints of more than `after` entries, smallest first, with what witnesses put under them */
export async function readHeadRows(kysely: Kysely<Schema>, after: number, limit?: number): Promise<HeadRow[]> {
  const rows = await kysely
    .selectFrom("log_heads as head")
    .select((head) => [
      "size",
      "note",
      head
        .selectFrom("log_cosignatures as one")
        .whereRef("one.size", "=", "head.size")
        .select(sql<string>`coalesce(string_agg(line, '' order by witness), '')`.as("lines"))
        .$asScalar()
        .$notNull()
        .as("lines"),
    ])
    .where("size", ">", String(after))
    .orderBy("size")
    .$if(limit !== undefined, (query) => query.limit(limit ?? 0))
    .execute();
  return rows.map(({ size, note, lines }) => ({ size, note: `${note}${lines}` }));
}

/** @returns the notes of changes of the key, oldest first */
export async function readKeyChanges(kysely: Kysely<Schema>): Promise<string[]> {
  const rows = await kysely
    .selectFrom("log_keys")
    .select("change")
    .where("change", "is not", null)
    .orderBy("at")
    .execute();
  return rows.flatMap(({ change }) => change ?? []);
}

export function readRefs(refs: Buffer): bigint[] {
  return Array.from({ length: Math.floor(refs.length / REF_BYTES) }, (_, at) => refs.readBigInt64BE(at * REF_BYTES));
}

interface EntriesPlace {
  readonly first: number;
  readonly onRow: (row: LoggedRow) => void;
  readonly archived: ArchivedEntries;
}

async function readEntries(
  kysely: Kysely<Schema>,
  refs: readonly bigint[],
  { first, onRow, archived }: EntriesPlace,
): Promise<(Buffer | undefined)[]> {
  const rows = new Map([...(await readEventRows(kysely, refs)), ...(await readActRows(kysely, refs))]);
  const rest = refs.flatMap((ref, place) => (rows.has(ref) ? [] : [first + place]));
  const others = await archived(rest);
  return refs.map((ref, place) => {
    const row = rows.get(ref);
    const other = others.get(first + place);
    if (row === undefined) return other === undefined ? undefined : entryOf(other);
    onRow({ ...row, index: first + place });
    return entryOf(row.canonical);
  });
}

type Row = Omit<LoggedRow, "index">;

async function readEventRows(kysely: Kysely<Schema>, refs: readonly bigint[]): Promise<[bigint, Row][]> {
  const seqs = refs.filter((ref) => ref > 0n).map(String);
  if (seqs.length === 0) return [];
  const rows = await kysely.selectFrom("events").selectAll().where("seq", "in", seqs).execute();
  return rows.map(({ seq, body, ...columns }) => [
    BigInt(seq),
    { table: "events", seq: Number(seq), canonical: body, columns },
  ]);
}

async function readActRows(kysely: Kysely<Schema>, refs: readonly bigint[]): Promise<[bigint, Row][]> {
  const seqs = refs.filter((ref) => ref < 0n).map((ref) => String(-ref));
  if (seqs.length === 0) return [];
  const rows = await kysely.selectFrom("audit_log").selectAll().where("seq", "in", seqs).execute();
  return rows.map(({ seq, leaf, at, actor, action, target }) => [
    -BigInt(seq),
    { table: "audit_log", seq: Number(seq), canonical: leaf, columns: { at, actor, action, target } },
  ]);
}
