import type { Database } from "../connect.ts";
import { readSchemaVersion } from "../migrate.ts";
import { migrations } from "../migrations/index.ts";

export interface DatabaseStatus {
  kind: "embedded" | "url";
  place: string;
  serverVersion: string;
  schema: { applied: number; newest: number };
  bytes: number;
  /** waiting or running, and given up after the last attempt */
  jobs: { pending: number; failed: number };
  eventPartitions: number;
  connections: number;
}

/** What `firebreak db status` and `doctor` show. */
export async function readDatabaseStatus(database: Database): Promise<DatabaseStatus> {
  const { pool, kind, serverVersion } = database;
  const applied = await readSchemaVersion(pool);
  const { rows } = await pool.query<{ bytes: string; partitions: number; connections: number; has_jobs: boolean }>(`
    select pg_database_size(current_database())::text as bytes,
      (select count(*)::int from pg_class where relispartition and relname ~ '^events_p[0-9]{8}$') as partitions,
      (select count(*)::int from pg_stat_activity where datname = current_database()) as connections,
      to_regclass('graphile_worker._private_jobs') is not null as has_jobs`);
  const [facts] = rows;
  return {
    kind,
    place: database.describe(),
    serverVersion,
    schema: { applied, newest: migrations.at(-1)?.version ?? 0 },
    bytes: Number(facts?.bytes ?? 0),
    jobs: facts?.has_jobs === true ? await countJobs(database) : { pending: 0, failed: 0 },
    eventPartitions: facts?.partitions ?? 0,
    connections: facts?.connections ?? 0,
  };
}

async function countJobs({ pool }: Database): Promise<DatabaseStatus["jobs"]> {
  const { rows } = await pool.query<DatabaseStatus["jobs"]>(`
    select count(*) filter (where attempts < max_attempts or locked_at is not null)::int as pending,
      count(*) filter (where attempts >= max_attempts and locked_at is null)::int as failed
    from graphile_worker._private_jobs`);
  return rows[0] ?? { pending: 0, failed: 0 };
}
