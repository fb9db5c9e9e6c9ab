import { sql } from "kysely";
import { findActLeaves, findEventLeaves, isLogged } from "../audit/index.ts";
import type { FoundLeaf } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Kysely } from "kysely";
import type { Schema, Trx } from "../storage/index.ts";
import { breathe } from "./breathe.ts";
import { deleteEvents } from "../telemetry/index.ts";
import { isHeld, lockHolds, readActiveHolds } from "./holds/active-holds.ts";
import type { ActiveHold } from "./holds/active-holds.ts";
import { isDue } from "./rows.ts";
import type { Schedule, Stretch } from "./schedules.ts";
import type { Store } from "./stores.ts";

/** A row that may go, as a line of the archive. */
interface TakenRow {
  readonly key: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly line: string;
  /** its place in the log, if it is an entry of it */
  readonly entry: number | null;
}

export interface Batch {
  readonly rows: readonly TakenRow[];
  /** rows that are not what was logged: they stay where they are, as evidence of that */
  readonly altered: readonly string[];
  /** there may be more */
  readonly isFull: boolean;
}

/** What is read, and written as one file of the archive, at once. */
export interface BatchSize {
  readonly rows: number;
  readonly bytes: number;
}
export const BATCH_SIZE: BatchSize = { rows: 10_000, bytes: 8 * 1024 * 1024 };

export interface Candidate {
  readonly key: string;
  readonly size: number;
  readonly began: Date;
  readonly ended: Date;
}

/** Reads the oldest rows that are due and that nothing holds. */
export async function takeBatch(
  kysely: Kysely<Schema>,
  { store, schedule, stretch }: Selection,
  holds: readonly ActiveHold[],
  size: BatchSize,
): Promise<Batch> {
  const text = store.leaf === null ? sql`t::text` : sql`t.${sql.ref(store.leaf)}`;
  const { rows } = await sql<Candidate>`
    select t.${sql.ref(store.key)}::text as key, octet_length(${text})::float8 as size,
      ${sql.raw(store.began)} as began, ${sql.raw(store.ended)} as ended
    from ${sql.table(store.table)} t
    where ${isDue(store, schedule, stretch)} and not ${isHeld(store, holds)}
    order by t.${sql.ref(store.key)} limit ${size.rows}`.execute(kysely);
  let bytes = 0;
  const fitting = rows.filter((row, at) => {
    bytes += row.size;
    return at === 0 || bytes <= size.bytes;
  });
  const isFull = rows.length === size.rows || fitting.length < rows.length;
  if (store.leaf === null) return { rows: await readRows(kysely, store, fitting), altered: [], isFull };
  return { ...(await readEntries(kysely, store, fitting)), isFull };
}

export interface Selection {
  readonly store: Store;
  readonly schedule: Schedule;
  readonly stretch: Stretch;
}

/** Rows with what belongs to them, as the database itself writes them as JSON. */
async function readRows(kysely: Kysely<Schema>, store: Store, candidates: readonly Candidate[]): Promise<TakenRow[]> {
  if (candidates.length === 0) return [];
  const children = store.children.map(
    ({ table, column }) => sql`${sql.lit(table)}, (select coalesce(jsonb_agg(to_jsonb(c)), '[]'::jsonb)
      from ${sql.table(table)} c where c.${sql.ref(column)} = t.${sql.ref(store.key)})`,
  );
  const { rows } = await sql<{ key: string; row: string; children: string }>`
    select t.${sql.ref(store.key)}::text as key, to_jsonb(t)::text as row,
      jsonb_build_object(${sql.join(children)})::text as children
    from ${sql.table(store.table)} t where ${hasKey(store, candidates)}`.execute(kysely);
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return candidates.flatMap((candidate) => {
    const row = byKey.get(candidate.key);
    if (row === undefined) return [];
    const about = JSON.stringify({ key: candidate.key, ...stretchOf(candidate) }).slice(0, -1);
    return { ...timesOf(candidate), entry: null, line: `${about},"row":${row.row},"children":${row.children}}` };
  });
}

/** Entries of the log as the database has them, once each was found to be what was logged. */
export async function readEntries(
  kysely: Kysely<Schema>,
  store: Store,
  candidates: readonly Candidate[],
): Promise<Omit<Batch, "isFull">> {
  if (candidates.length === 0) return { rows: [], altered: [] };
  const place = store.leaf === "leaf" ? sql`t.leaf_index` : sql`null::bigint`;
  const { rows } = await sql<{ key: string; canonical: string; place: string | null }>`
    select t.seq::text as key, t.${sql.ref(store.leaf ?? "")} as canonical, ${place} as place
    from ${sql.table(store.table)} t where ${hasKey(store, candidates)}`.execute(kysely);
  const places = new Map(rows.map(({ key, place: index }) => [Number(key), Number(index)]));
  const leaves: ReadonlyMap<number, FoundLeaf> =
    store.leaf === "leaf"
      ? await findActLeaves(kysely, places)
      : await findEventLeaves(
          kysely,
          candidates.map(({ key }) => Number(key)),
        );
  const canonicals = new Map(rows.map(({ key, canonical }) => [key, canonical]));
  const taken: TakenRow[] = [];
  const altered: string[] = [];
  for (const [at, candidate] of candidates.entries()) {
    await breathe(at);
    const body = canonicals.get(candidate.key);
    const leaf = leaves.get(Number(candidate.key));
    if (body === undefined) continue;
    if (!isLogged(body, leaf) || !saysSoItself(body, store, candidate)) altered.push(candidate.key);
    else {
      const line = { entry: leaf.index, seq: Number(candidate.key), ...stretchOf(candidate), body };
      taken.push({ ...timesOf(candidate), entry: leaf.index, line: JSON.stringify(line) });
    }
  }
  return { rows: taken, altered };
}

/** Whether what was logged is as old as the column says: who changes a column must not make something old before its time. */
function saysSoItself(body: string, store: Store, { began }: Candidate): boolean {
  const logged: unknown = JSON.parse(body);
  const name = store.leaf === "leaf" ? "at" : "time";
  const time: unknown = typeof logged === "object" && logged !== null ? Reflect.get(logged, name) : undefined;
  return typeof time === "string" && Date.parse(time) === began.getTime();
}

const timesOf = ({ key, began, ended }: Candidate) => ({ key, fromMs: began.getTime(), toMs: ended.getTime() });
const stretchOf = ({ began, ended }: Candidate) => ({ from: toIso(began.getTime()), to: toIso(ended.getTime()) });

/** Tables in many parts are looked into only where the rows are. */
function hasKey(store: Store, rows: readonly { readonly key: string; readonly began: Date }[]) {
  const times = rows.map(({ began }) => began.getTime());
  return isOneOf(
    store,
    rows.map(({ key }) => key),
    Math.min(...times),
    Math.max(...times),
  );
}

export function isOneOf(store: Store, keys: readonly string[], fromMs: number, toMs: number) {
  const within =
    store.table === "events"
      ? sql`t.time between ${toIso(fromMs)}::timestamptz and ${toIso(toMs)}::timestamptz and`
      : sql``;
  const type = sql.raw(store.key === "id" && store.table !== "refused_messages" ? "text[]" : "bigint[]");
  return sql<boolean>`${within} t.${sql.ref(store.key)} = any(${[...keys]}::${type})`;
}

/** A hold was applied, or a row was changed, after the batch was read. */
export class BatchChanged extends Error {
  override readonly name = "BatchChanged";
}

/**
 * Removes the rows of a batch from the database, all of them or none; nobody can apply a hold meanwhile.
 *
 * @throws BatchChanged when one of them is held or not due any more
 */
export async function dropBatch(trx: Trx, { store, schedule, stretch }: Selection, { rows }: Batch): Promise<void> {
  if (rows.length === 0) return;
  await lockHolds(trx);
  const holds = await readActiveHolds(trx);
  const keys = rows.map(({ key }) => key);
  const fromMs = rows.reduce((least, row) => Math.min(least, row.fromMs), Infinity);
  const toMs = rows.reduce((most, row) => Math.max(most, row.fromMs), -Infinity);
  const mayGo = sql<boolean>`${isOneOf(store, keys, fromMs, toMs)}
    and ${isDue(store, schedule, stretch)} and not ${isHeld(store, holds)}`;
  const { rows: free } = await sql`select from ${sql.table(store.table)} t where ${mayGo} for update`.execute(trx);
  if (free.length !== keys.length) throw new BatchChanged("a legal hold was applied, or a row was changed meanwhile");
  for (const { table, column } of store.children) {
    await sql`delete from ${sql.table(table)} where ${sql.ref(column)} = any(${keys})`.execute(trx);
  }
  if (store.table === "events") await deleteEvents(trx, keys, { fromMs, toMs });
  else await sql`delete from ${sql.table(store.table)} t where ${isOneOf(store, keys, fromMs, toMs)}`.execute(trx);
}
