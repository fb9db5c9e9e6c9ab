import type pg from "pg";
import { toIso } from "../kernel/index.ts";
import { keyOf } from "./event-key.ts";
import { TEXT_COLUMNS } from "./prepared-batch.ts";
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
 * Appends events in their order, in a transaction of their own: one prepared statement and one round trip, because
 * single events commit a thousand times a second. It resolves when the server says that the commit is done.
 *
 * @param batches of one event and its repeat only the first is stored
 * @param bodies of all batches, as {@link joinBodies} makes them
 * @param sealed what was taken out of them, stored in the same statement
 * @returns the `seq` of every event in order, null for one of which the id and time were stored before
 */
export async function storeEvents(
  pool: pg.Pool,
  batches: readonly PreparedBatch[],
  bodies: Buffer,
  sealed: readonly SealedOriginals[] = [],
): Promise<Seqs> {
  const count = batches.reduce((sum, batch) => sum + batch.count, 0);
  const columns = TEXT_COLUMNS.map((_, index) => batches.map((batch) => batch.columns[index] ?? "").join("\n"));
  const values = [...columns, bodies, count];
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

/** @returns the bodies in one piece, separated by line feeds */
export function joinBodies(batches: readonly PreparedBatch[]): Buffer {
  const [first] = batches;
  const joined =
    batches.length === 1 && first !== undefined ? first.bodies : Buffer.concat(batches.map(({ bodies }) => bodies));
  return joined.subarray(0, -1);
}

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

const COLUMNS = [...TEXT_COLUMNS, "body"].join(", ");

/**
 * The columns travel as one text each, split by line feeds: no column can hold one, and the server splits text faster
 * than it parses JSON or array literals. The empty text stands for null: no column holds an empty text. Numbers are
 * drawn above the join, of which no row comes before the lock is held.
 */
const insertWith = (more: string) => `
  with append_lock as materialized (select pg_advisory_xact_lock(${APPEND_LOCK})::text as held),
  stored as (
    insert into events (${COLUMNS})
    select id, time::timestamptz, received_at::timestamptz,
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
function findSeqs([ids = "", times = ""]: readonly string[], stored: readonly StoredEvent[]): (number | null)[] {
  const seqs = new Map(stored.map(({ seq, id, time }) => [keyOf(id, toIso(time)), seq]));
  const timeOf = times.split("\n");
  return ids.split("\n").map((id, index) => {
    const key = keyOf(id, timeOf[index] ?? "");
    const seq = seqs.get(key);
    seqs.delete(key);
    return seq ?? null;
  });
}
