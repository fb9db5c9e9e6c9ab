import { Client } from "pg";

const CONNECT_MS = 5_000;
const QUERY_MS = 10_000;
const ROWS_MAX = 2_000;

const QUERIES = {
  activity: `select pid, datname, usename, application_name, client_addr, backend_start, xact_start, query_start, state_change,
    wait_event_type, wait_event, state, backend_type, left(query, 4000) as query from pg_stat_activity`,
  locks: `select pid, locktype, database, relation::regclass::text as relation, mode, granted, waitstart from pg_locks`,
  databases: `select datname, numbackends, xact_commit, xact_rollback, tup_inserted, tup_updated, tup_deleted, deadlocks,
    stats_reset, pg_database_size(datname) as bytes from pg_stat_database where datname is not null`,
  replication: `select pid, usename, client_addr, state, sent_lsn::text, replay_lsn::text from pg_stat_replication`,
  roles: `select rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolvaliduntil from pg_roles`,
  version: `select version() as version, pg_postmaster_start_time() as started, now() as asked`,
} as const;

/**
 * Reads who is connected to a PostgreSQL server, what they do and what they wait for; in a transaction that can only read.
 *
 * @throws Error without the address, which may hold a password
 */
export async function readPostgres(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    statement_timeout: QUERY_MS,
    application_name: "firebreak evidence",
  });
  client.on("error", () => {}); // the query that is under way fails with it
  const abort = () => void client.end().catch(() => undefined);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await client.connect();
    const answers: Record<string, unknown> = {};
    for (const [name, text] of Object.entries(QUERIES)) {
      // each in a transaction of its own: one that is denied does not spoil the next
      await client.query("begin read only");
      answers[name] = await client.query(`${text} limit ${ROWS_MAX}`).then(
        ({ rows }: { rows: unknown }) => rows,
        (fault: unknown) => ({ notAvailable: fault instanceof Error ? fault.message : String(fault) }),
      );
      await client.query("rollback");
    }
    return answers;
  } finally {
    signal.removeEventListener("abort", abort);
    await client.end().catch(() => undefined);
  }
}
