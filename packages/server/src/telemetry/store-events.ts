import { sql } from "kysely";
import type { Transaction } from "kysely";
import type { Schema } from "../storage/index.ts";
import { joinLines } from "./line-buffer.ts";
import type { PreparedEvent } from "./prepare-event.ts";

/**
 * Any fixed number. Whoever appends events holds it until the commit, so that on every node the order of `seq` is the
 * order of commits and a reader that has seen a `seq` never misses a smaller one.
 */
const APPEND_LOCK = 7_041_210;

/**
 * Appends events in their order. The columns travel as one text each, split by line feeds: no column can hold one, and
 * the server splits text faster than it parses JSON or array literals. The bodies go as bytes, which `pg` passes on.
 *
 * @param rows without two of the same id and time
 * @returns per row its `seq`, or null when an event of that id and time was stored before
 */
export async function storeEvents(
  trx: Transaction<Schema>,
  rows: readonly PreparedEvent[],
): Promise<(number | null)[]> {
  await sql`select pg_advisory_xact_lock(${APPEND_LOCK})`.execute(trx);
  const { stored, first, last } = await insertRows(trx, rows);
  if (stored === 0) return rows.map(() => null);
  if (stored === rows.length && last - first + 1 === stored) return rows.map((_, index) => first + index);
  return findSeqs(trx, rows, { first, last });
}

interface StoredRange {
  readonly stored: number;
  readonly first: number;
  readonly last: number;
}

async function insertRows(trx: Transaction<Schema>, rows: readonly PreparedEvent[]): Promise<StoredRange> {
  const { rows: answers } = await sql<{ stored: number; first: string | null; last: string | null }>`
    with stored as (
      insert into events
        (id, time, received_at, source, agent_id, pack, session_id, run_id, kind, outcome, risk, body)
      select id, time::timestamptz, received_at::timestamptz, source, agent_id, pack, session_id, run_id, kind, outcome, risk, body
      from unnest(
        ${column(rows, ({ event }) => event.id)},
        ${column(rows, ({ event }) => event.time)},
        ${column(rows, ({ event }) => event.receivedTime)},
        ${column(rows, ({ event }) => event.source)},
        ${column(rows, ({ event }) => event.agent.id)},
        ${column(rows, ({ event }) => event.agent.pack)},
        ${column(rows, ({ event }) => event.agent.session)},
        ${column(rows, ({ event }) => event.agent.run)},
        ${column(rows, ({ event }) => event.kind)},
        ${column(rows, ({ event }) => event.outcome)},
        ${column(rows, ({ event }) => event.risk)},
        string_to_array(${joinLines(rows.map(({ body }) => body))}::text, chr(10))
      ) with ordinality as given
        (id, time, received_at, source, agent_id, pack, session_id, run_id, kind, outcome, risk, body, position)
      order by position
      on conflict (id, time) do nothing
      returning seq
    )
    select count(*)::int as stored, min(seq) as first, max(seq) as last from stored`.execute(trx);
  const [answer] = answers;
  return { stored: answer?.stored ?? 0, first: Number(answer?.first ?? 0), last: Number(answer?.last ?? 0) };
}

/** The empty text stands for null: no column holds an empty text. */
function column(rows: readonly PreparedEvent[], read: (row: PreparedEvent) => string | undefined) {
  const text = rows.map((row) => read(row) ?? "").join("\n");
  return sql`string_to_array(${text}::text, chr(10), '')`;
}

async function findSeqs(
  trx: Transaction<Schema>,
  rows: readonly PreparedEvent[],
  range: { first: number; last: number },
): Promise<(number | null)[]> {
  const stored = await trx
    .selectFrom("events")
    .select(["seq", "id", "time"])
    .where("seq", ">=", String(range.first))
    .where("seq", "<=", String(range.last))
    .execute();
  const seqs = new Map(stored.map((row) => [keyOf(row.id, row.time.toISOString()), Number(row.seq)]));
  return rows.map(({ event }) => seqs.get(keyOf(event.id, event.time)) ?? null);
}

/** @returns what makes a repeat recognisable; neither part holds a line feed */
export function keyOf(id: string, time: string): string {
  return `${id}\n${time}`;
}
