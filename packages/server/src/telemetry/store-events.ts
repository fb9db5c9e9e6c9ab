import type pg from "pg";
import { toIso } from "../kernel/index.ts";
import { joinLines } from "./line-buffer.ts";
import type { PreparedEvent } from "./prepare-event.ts";
import { storeOriginalsSql, toOriginalColumns } from "./store-originals.ts";
import type { SealedOriginals } from "./store-originals.ts";

/**
 * Any fixed number. Whoever appends events holds it until the commit, so that on every node the order of `seq` is the
 * order of commits and a reader that has seen a `seq` never misses a smaller one.
 */
const APPEND_LOCK = 7_041_210;

/**
 * Appends events in their order, in a transaction of their own: one prepared statement and one round trip, because
 * single events commit a thousand times a second. It resolves when the server says that the commit is done.
 *
 * @param rows without two of the same id and time
 * @param sealed what was taken out of them, stored in the same statement
 * @returns per row its `seq`, or null when an event of that id and time was stored before
 */
export async function storeEvents(
  pool: pg.Pool,
  rows: readonly PreparedEvent[],
  sealed: readonly SealedOriginals[] = [],
): Promise<(number | null)[]> {
  const values = toColumns(rows);
  const query =
    sealed.length === 0
      ? { name: "append-events", text: INSERT, values }
      : { name: "append-events-and-originals", text: INSERT_BOTH, values: [...values, ...toOriginalColumns(sealed)] };
  const { rows: answers } = await pool.query<Answer>(query);
  const [answer] = answers;
  const stored = answer?.stored ?? 0;
  if (stored === 0) return rows.map(() => null);
  if (answer?.each) return findSeqs(rows, answer.each);
  const first = Number(answer?.first ?? 0);
  return rows.map((_, index) => first + index);
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

const COLUMNS = "id, time, received_at, source, agent_id, pack, session_id, run_id, kind, outcome, risk, body";

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

/** The bodies go as bytes, which `pg` passes on as they are. */
function toColumns(rows: readonly PreparedEvent[]): (string | number | Buffer)[] {
  const column = (read: (row: PreparedEvent) => string | undefined) => rows.map((row) => read(row) ?? "").join("\n");
  return [
    column(({ event }) => event.id),
    column(({ event }) => event.time),
    column(({ event }) => event.receivedTime),
    column(({ event }) => event.source),
    column(({ event }) => event.agent.id),
    column(({ event }) => event.agent.pack),
    column(({ event }) => event.agent.session),
    column(({ event }) => event.agent.run),
    column(({ event }) => event.kind),
    column(({ event }) => event.outcome),
    column(({ event }) => event.risk),
    joinLines(rows),
    rows.length,
  ];
}

function findSeqs(rows: readonly PreparedEvent[], stored: readonly StoredEvent[]): (number | null)[] {
  const seqs = new Map(stored.map(({ seq, id, time }) => [keyOf(id, toIso(time)), seq]));
  return rows.map(({ event }) => seqs.get(keyOf(event.id, event.time)) ?? null);
}

/** @returns what makes a repeat recognisable; neither part holds a line feed */
export function keyOf(id: string, time: string): string {
  return `${id}\n${time}`;
}
