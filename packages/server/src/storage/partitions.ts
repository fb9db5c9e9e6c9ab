import type { Kysely } from "kysely";
import { sql } from "kysely";
import { toIso } from "../kernel/index.ts";
import type { Schema } from "./schema.ts";

const dayMs = 86_400_000;
/** Any fixed number: nodes lay and drop partitions one at a time. */
const partitionLock = 7_041_202;
/** A day of which so many events lie in the default partition gets one of its own. */
const rehomeRowsMin = 5_000;
/** Days that a pass gives partitions to: each takes as long as copying its events. */
const rehomeDaysAtOnce = 4;
const rowsAtOnce = 10_000;

function namePartition(dayStartMs: number): string {
  return `events_p${toIso(dayStartMs).slice(0, 10).replaceAll("-", "")}`;
}

/**
 * Lays the daily partitions of `events` (UTC days) from yesterday to `daysAhead` days ahead. Events of other days go to
 * the default partition; those that belong to a day laid now are moved into it.
 *
 * @returns the names of the partitions laid now
 */
export async function ensureEventPartitions(kysely: Kysely<Schema>, nowMs: number, daysAhead = 3): Promise<string[]> {
  const today = Math.floor(nowMs / dayMs) * dayMs;
  const days = Array.from({ length: daysAhead + 2 }, (_, index) => today + (index - 1) * dayMs);
  return layDays(kysely, days);
}

/**
 * Gives days of which many events lie in the default partition, because they came late, partitions of their own.
 *
 * @returns the names of the partitions laid now
 */
export async function rehomeEvents(kysely: Kysely<Schema>, rowsMin = rehomeRowsMin): Promise<string[]> {
  const { rows } = await sql<{ day: string }>`
    select (time at time zone 'UTC')::date::text as day from events_default group by 1
    having count(*) >= ${rowsMin} order by count(*) desc limit ${rehomeDaysAtOnce}`.execute(kysely);
  return layDays(
    kysely,
    rows.map(({ day }) => Date.parse(`${day}T00:00:00Z`)),
  );
}

async function layDays(kysely: Kysely<Schema>, days: readonly number[]): Promise<string[]> {
  const laid: string[] = [];
  for (const day of days) if (await layEventPartition(kysely, day)) laid.push(namePartition(day));
  return laid;
}

/** @returns whether the partition of the day that begins at `dayStartMs` was laid now */
export async function layEventPartition(kysely: Kysely<Schema>, dayStartMs: number): Promise<boolean> {
  return kysely.connection().execute(async (connection) => {
    if (await exists(connection, namePartition(dayStartMs))) return false;
    await sql`select pg_advisory_lock(${partitionLock})`.execute(connection);
    try {
      if (await exists(connection, namePartition(dayStartMs))) return false;
      await layEvents(connection, dayStartMs);
      return true;
    } finally {
      await sql`select pg_advisory_unlock(${partitionLock})`.execute(connection);
    }
  });
}

/** Old events are copied first, a bounded number at a time, while others come in; the last step moves what is left. */
async function layEvents(connection: Kysely<Schema>, dayStartMs: number): Promise<void> {
  const table = sql.table(namePartition(dayStartMs));
  const [from, to] = [toIso(dayStartMs), toIso(dayStartMs + dayMs)];
  const ofDay = sql`time >= ${from}::timestamptz and time < ${to}::timestamptz`;
  const notCopied = sql`${ofDay} and seq > (select coalesce(max(seq), -1) from ${table})`;
  // left by a pass that did not come to its end
  await sql`drop table if exists ${table}`.execute(connection);
  await sql`create table ${table} (like events including all)`.execute(connection);
  for (let copied = rowsAtOnce; copied === rowsAtOnce;) {
    const { numAffectedRows } = await sql`insert into ${table} select * from events_default
      where ${notCopied} order by seq limit ${rowsAtOnce}`.execute(connection);
    copied = Number(numAffectedRows ?? 0);
  }
  await connection.transaction().execute(async (trx) => {
    await sql`set local statement_timeout = 0`.execute(trx);
    await sql`lock table events_default in share row exclusive mode`.execute(trx);
    await sql`insert into ${table} select * from events_default where ${notCopied}`.execute(trx);
    await sql`delete from ${table} as copied
      where not exists (select from events_default as given where given.seq = copied.seq)`.execute(trx);
    await sql`delete from events_default where ${ofDay}`.execute(trx);
    await sql`alter table events attach partition ${table} for values from (${sql.lit(from)}) to (${sql.lit(to)})`.execute(
      trx,
    );
  });
}

async function exists(kysely: Kysely<Schema>, name: string): Promise<boolean> {
  // not to_regclass: it may answer from a cache that is older than the lock just taken
  const { rows } = await sql`select from pg_class where relname = ${name} and relispartition`.execute(kysely);
  return rows.length > 0;
}

/**
 * Drops the daily partitions that end at or before `beforeMs` and hold nothing any more; the default partition stays. Retention
 * empties them; an event of that day that comes late goes to the default partition.
 *
 * @returns the names of the dropped partitions
 */
export async function dropEmptyEventPartitions(kysely: Kysely<Schema>, beforeMs: number): Promise<string[]> {
  const firstKept = namePartition(Math.floor(beforeMs / dayMs) * dayMs);
  const { rows } = await sql<{ name: string }>`select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'events'::regclass and inhrelid::regclass::text ~ '^events_p[0-9]{8}$' order by 1`.execute(
    kysely,
  );
  const dropped: string[] = [];
  for (const { name } of rows.filter((row) => row.name < firstKept)) {
    if (await isEmpty(kysely, name)) dropped.push(...(await dropIfEmpty(kysely, name)));
  }
  return dropped;
}

async function dropIfEmpty(kysely: Kysely<Schema>, name: string): Promise<string[]> {
  return kysely.transaction().execute(async (trx) => {
    // whoever writes events waits no longer for this than a moment, else the next pass tries again
    await sql`set local lock_timeout = '2s'`.execute(trx);
    await sql`select pg_advisory_xact_lock(${partitionLock})`.execute(trx);
    if (!(await exists(trx, name))) return [];
    await sql`lock table events in access exclusive mode`.execute(trx);
    if (!(await isEmpty(trx, name))) return [];
    await sql`drop table ${sql.table(name)}`.execute(trx);
    return [name];
  });
}

async function isEmpty(kysely: Kysely<Schema>, name: string): Promise<boolean> {
  const { rows } = await sql`select from ${sql.table(name)} limit 1`.execute(kysely);
  return rows.length === 0;
}
