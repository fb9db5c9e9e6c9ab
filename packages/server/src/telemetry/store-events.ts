import type pg from "pg";
import { codeOf, toIso } from "../kernel/index.ts";
import { copyRows, RowReader } from "../storage/index.ts";
import { keyOf } from "./event-key.ts";
import { countEvents, EVENT_COLUMNS } from "./prepared-batch.ts";
import type { PreparedBatch } from "./prepared-batch.ts";
import { storeOriginalsSql, toOriginalColumns } from "./store-originals.ts";
import type { SealedOriginals } from "./store-originals.ts";
import type { Seqs } from "./stored-events.ts";

/**
 * Any fixed number. Whoever appends events holds it until the commit, so that on every node the order of `seq` is the
 * order of commits and a reader that has seen a `seq` never misses a smaller one.
 */
const APPEND_LOCK = 7_041_210;

/**
 * Appends events in their order, in a transaction of their own. It resolves when the server says that the commit is done.
 *
 * @returns the first `seq`, which the others follow without a gap; null, and nothing is stored, when an event of the same id
 *   and time was stored before or stands twice among them
 */
export async function copyEvents(client: pg.ClientBase, batches: readonly PreparedBatch[]): Promise<number | null> {
  try {
    const rows = batches.map((batch) => batch.rows);
    const answers = await copyRows(client, COPY, rows);
    const last = Number(answers.at(-1)?.[0]);
    return last - countEvents(batches) + 1;
  } catch (error) {
    if (codeOf(error) === UNIQUE_VIOLATION) return null;
    throw error;
  }
}

const UNIQUE_VIOLATION = "23505";
const COLUMNS = EVENT_COLUMNS.join(", ");
/** Numbers are drawn while the lock is held, so they have no gap. */
const COPY = `
  select pg_advisory_xact_lock(${APPEND_LOCK});
  copy events (${COLUMNS}) from stdin with (format binary);
  select lastval()`;

/**
 * The same as {@link copyEvents}, at nearly twice the cost, for events of which some may be repeats: of one event and its
 * repeat only the first is stored.
 *
 * @param sealed what was taken out of them, stored in the same statement
 * @returns the `seq` of every event in order, null for one that was stored before
 */
export async function insertEvents(
  pool: pg.Pool,
  batches: readonly PreparedBatch[],
  sealed: readonly SealedOriginals[] = [],
): Promise<Seqs> {
  const count = countEvents(batches);
  const columns = toColumns(batches);
  const values = [...columns, count];
  const query =
    sealed.length === 0
      ? { name: "append-events", text: INSERT, values }
      : { name: "append-events-and-originals", text: INSERT_BOTH, values: [...values, ...toOriginalColumns(sealed)] };
  const { rows: answers } = await pool.query<Answer>(query);
  const [answer] = answers;
  const stored = answer?.stored ?? 0;
  if (stored === 0) return Array.from({ length: count }, () => null);
  return answer?.each ? findSeqs(columns, answer.each) : Number(answer?.first ?? 0);
}

/** @returns for each of {@link EVENT_COLUMNS} the values of all events, separated by line feeds */
function toColumns(batches: readonly PreparedBatch[]): string[] {
  const columns: string[][] = EVENT_COLUMNS.map(() => []);
  for (const { rows } of batches) {
    const reader = new RowReader(rows);
    while (!reader.isAtEnd) {
      reader.beginRow();
      for (const [index, column] of columns.entries()) {
        column.push(index < TIME_COLUMNS ? toIso(reader.readTime()) : (reader.readText() ?? ""));
      }
    }
  }
  return columns.map((values) => values.join("\n"));
}

/** The first columns are times, the others texts. */
const TIME_COLUMNS = 2;

interface Answer {
  readonly stored: number;
  readonly first: string | null;
  /** null when all were stored under numbers without a gap */
  readonly each: readonly StoredEvent[] | null;
}

interface StoredEvent {
  readonly seq: number;
  readonly id: string;
  /** milliseconds since 1970 */
  readonly time: number;
}

/**
 * The columns travel as one text each, split by line feeds: no column can hold one, and the server splits text faster
 * than it parses JSON or array literals. The empty text stands for null: no column holds an empty text. Numbers are
 * drawn above the join, of which no row comes before the lock is held.
 */
const insertWith = (more: string) => `
  with append_lock as materialized (select pg_advisory_xact_lock(${APPEND_LOCK})::text as held),
  stored as (
    insert into events (${COLUMNS})
    select time::timestamptz, received_at::timestamptz, id,
      source, agent_id, pack, session_id, run_id, kind, outcome, risk, body
    from append_lock, unnest(${Array.from({ length: 12 }, (_, index) => `string_to_array($${index + 1}::text, chr(10), '')`).join(", ")})
      with ordinality as given (${COLUMNS}, position)
    where append_lock.held is not null
    order by position
    on conflict (id, time) do nothing
    returning seq, id, time
  ),
  ${more}
  summary as materialized (select count(*)::int as stored, min(seq) as first, max(seq) as last from stored)
  select stored, first, case when stored < $13::int or last - first + 1 <> stored then (
      select json_agg(json_build_object('seq', seq, 'id', id, 'time', (extract(epoch from time) * 1000)::bigint)) from stored
    ) end as each
  from summary`;
const INSERT = insertWith("");
const INSERT_BOTH = insertWith(storeOriginalsSql(14));

/** Of two events of one id and time in this commit the first is the one that was stored. */
function findSeqs([times = "", , ids = ""]: readonly string[], stored: readonly StoredEvent[]): (number | null)[] {
  const seqs = new Map(stored.map(({ seq, id, time }) => [keyOf(id, toIso(time)), seq]));
  const timeOf = times.split("\n");
  return ids.split("\n").map((id, index) => {
    const key = keyOf(id, timeOf[index] ?? "");
    const seq = seqs.get(key);
    seqs.delete(key);
    return seq ?? null;
  });
}
