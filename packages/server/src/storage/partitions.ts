import type { Kysely } from "kysely";
import { sql } from "kysely";
import { toIso } from "../kernel/index.ts";
import type { Schema } from "./schema.ts";

const dayMs = 86_400_000;
/** Any fixed number: nodes lay and drop partitions one at a time. */
const partitionLock = 7_041_202;

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
  const laid: string[] = [];
  for (const day of days) if (await layEventPartition(kysely, day)) laid.push(namePartition(day));
  return laid;
}

/** @returns whether the partition of the day that begins at `dayStartMs` was laid now */
export async function layEventPartition(kysely: Kysely<Schema>, dayStartMs: number): Promise<boolean> {
  const name = namePartition(dayStartMs);
  const [from, to] = [toIso(dayStartMs), toIso(dayStartMs + dayMs)];
  return kysely.transaction().execute(async (trx) => {
    if (await exists(trx, name)) return false;
    await sql`select pg_advisory_xact_lock(${partitionLock})`.execute(trx);
    if (await exists(trx, name)) return false;
    const table = sql.table(name);
    await sql`create table ${table} (like events including defaults including constraints)`.execute(trx);
    await sql`lock table events_default in share row exclusive mode`.execute(trx);
    await sql`with moved as (delete from events_default where time >= ${from}::timestamptz and time < ${to}::timestamptz returning *)
      insert into ${table} select * from moved`.execute(trx);
    await sql`alter table events attach partition ${table} for values from (${sql.lit(from)}) to (${sql.lit(to)})`.execute(
      trx,
    );
    return true;
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
