import type pg from "pg";
import { joinLines } from "./line-buffer.ts";
import type { PreparedEvent } from "./prepare-event.ts";

/**
 * Any fixed number. Whoever appends events holds it until the commit, so that on every node the order of `seq` is the
 * order of commits and a reader that has seen a `seq` never misses a smaller one.
 */
const APPEND_LOCK = 7_041_210;

/**
 * Appends events in their order, in a transaction of their own. Three round trips and a prepared statement, because
 * single events commit a thousand times a second.
 *
 * @param rows without two of the same id and time
 * @returns per row its `seq`, or null when an event of that id and time was stored before
 */
export async function storeEvents(pool: pg.Pool, rows: readonly PreparedEvent[]): Promise<(number | null)[]> {
  const client = await pool.connect();
  try {
    await client.query(`begin; select pg_advisory_xact_lock(${APPEND_LOCK})`);
    const seqs = await appendRows(client, rows);
    await client.query("commit");
    client.release();
    return seqs;
  } catch (error) {
    // ends the session and with it the lock and the open transaction
    client.release(true);
    throw error;
  }
}

async function appendRows(client: pg.PoolClient, rows: readonly PreparedEvent[]): Promise<(number | null)[]> {
  const { rows: answers } = await client.query<{ stored: number; first: string | null; last: string | null }>({
    name: "append-events",
    text: INSERT,
    values: toColumns(rows),
  });
  const [answer] = answers;
  const stored = answer?.stored ?? 0;
  const first = Number(answer?.first ?? 0);
  const last = Number(answer?.last ?? 0);
  if (stored === 0) return rows.map(() => null);
  if (stored === rows.length && last - first + 1 === stored) return rows.map((_, index) => first + index);
  return findSeqs(client, rows, { first, last });
}

const COLUMNS = "id, time, received_at, source, agent_id, pack, session_id, run_id, kind, outcome, risk, body";

/**
 * The columns travel as one text each, split by line feeds: no column can hold one, and the server splits text faster
 * than it parses JSON or array literals. The empty text stands for null: no column holds an empty text.
 */
const INSERT = `
  with stored as (
    insert into events (${COLUMNS})
    select id, time::timestamptz, received_at::timestamptz,
      source, agent_id, pack, session_id, run_id, kind, outcome, risk, body
    from unnest(${Array.from({ length: 12 }, (_, index) => `string_to_array($${index + 1}::text, chr(10), '')`).join(", ")})
      with ordinality as given (${COLUMNS}, position)
    order by position
    on conflict (id, time) do nothing
    returning seq
  )
  select count(*)::int as stored, min(seq) as first, max(seq) as last from stored`;

/** The bodies go as bytes, which `pg` passes on as they are. */
function toColumns(rows: readonly PreparedEvent[]): (string | Buffer)[] {
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
    joinLines(rows.map(({ body }) => body)),
  ];
}

async function findSeqs(
  client: pg.PoolClient,
  rows: readonly PreparedEvent[],
  range: { first: number; last: number },
): Promise<(number | null)[]> {
  const { rows: stored } = await client.query<{ seq: string; id: string; time: Date }>(
    "select seq, id, time from events where seq between $1 and $2",
    [range.first, range.last],
  );
  const seqs = new Map(stored.map((row) => [keyOf(row.id, row.time.toISOString()), Number(row.seq)]));
  return rows.map(({ event }) => seqs.get(keyOf(event.id, event.time)) ?? null);
}

/** @returns what makes a repeat recognisable; neither part holds a line feed */
export function keyOf(id: string, time: string): string {
  return `${id}\n${time}`;
}
