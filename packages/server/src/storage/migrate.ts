import { Logger as WorkerLogger, runMigrations } from "graphile-worker";
import type pg from "pg";
import { OperatorError } from "../kernel/index.ts";
import { migrations } from "./migrations/index.ts";
import type { Migration } from "./migrations/index.ts";

/** Any fixed number: nodes that start at once wait for each other on it. */
const migrationLock = 7_041_201;

export const silentWorkerLogger = new WorkerLogger(() => () => {});

/**
 * Without batches graphile-worker 0.17 neither awaits nor catches the writing of a job's end: a lost connection at that
 * moment would end our process, and a drained queue would still be changing.
 */
export const workerPreset = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } } as const;

/**
 * Brings the schema up to date: our migrations, each in a transaction of its own, then the job queue's.
 * Any number of nodes may call it at once.
 *
 * @param known tests pass other migrations
 * @throws OperatorError when the schema was written by a newer Firebreak
 */
export async function migrateDatabase(pool: pg.Pool, known: readonly Migration[] = migrations): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("set statement_timeout = 0");
    await client.query("select pg_advisory_lock($1)", [migrationLock]);
    await applyMissing(client, known);
    await runMigrations({ pgPool: pool, logger: silentWorkerLogger });
    await client.query("select pg_advisory_unlock($1)", [migrationLock]);
    await client.query("reset statement_timeout");
    client.release();
  } catch (error) {
    // ends the session and with it the lock and an open transaction
    client.release(true);
    throw error;
  }
}

async function applyMissing(client: pg.PoolClient, known: readonly Migration[]): Promise<void> {
  const applied = await readSchemaVersion(client);
  const newest = known.at(-1)?.version ?? 0;
  if (applied > newest) throw describeNewer(applied, newest);
  if (applied === newest) return;
  await client.query(
    `create table if not exists schema_migrations (
      version integer primary key, name text not null, applied_at timestamptz not null default now())`,
  );
  for (const migration of known.filter(({ version }) => version > applied)) await apply(client, migration);
}

async function apply(client: pg.PoolClient, { version, name, sql }: Migration): Promise<void> {
  await client.query("begin");
  await client.query(sql);
  await client.query("insert into schema_migrations (version, name) values ($1, $2)", [version, name]);
  await client.query("commit");
}

/** @returns the number of the last applied migration, 0 for an empty database */
export async function readSchemaVersion(client: pg.ClientBase | pg.Pool): Promise<number> {
  const { rows: tables } = await client.query<{ found: string | null }>(
    "select to_regclass('schema_migrations')::text as found",
  );
  if (tables[0]?.found == null) return 0;
  const { rows } = await client.query<{ version: number | null }>(
    "select max(version) as version from schema_migrations",
  );
  return rows[0]?.version ?? 0;
}

function describeNewer(applied: number, newest: number): OperatorError {
  return new OperatorError(
    `The database has schema ${applied}, written by a newer Firebreak; this one knows up to ${newest}.`,
    "Start the newer release. To go back, restore the backup or export made before the upgrade.",
  );
}
