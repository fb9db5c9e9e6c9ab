import { setMaxListeners } from "node:events";
import type pg from "pg";
import type { Database } from "../storage/index.ts";

export interface RunLock {
  /** aborted when the connection that holds the lock is lost: somebody else may execute the run now */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

interface Keeper {
  readonly client: pg.PoolClient;
  readonly held: Set<string>;
  readonly lost: AbortController;
  readonly onLost: () => void;
  returned: boolean;
  /** the query under way: a connection takes one at a time */
  last: Promise<unknown>;
}

/**
 * PostgreSQL advisory locks of one process, all on one of its connections, which goes back to the pool with the last
 * lock. The server frees them the moment the process dies, so a successor waits for no timeout. A session may take
 * its own lock twice, hence the set.
 */
const keepers = new WeakMap<Database, Promise<Keeper>>();

/** Who executes the run already: this process, or another one. */
export type LockHolder = "here" | "elsewhere";

/** @returns the lock, or who has it */
export async function acquireRunLock(database: Database, runId: string): Promise<RunLock | LockHolder> {
  const keeper = await openKeeper(database);
  if (keeper.held.has(runId)) return "here";
  keeper.held.add(runId);
  let taken = false;
  try {
    taken = await queryLock(keeper, "pg_try_advisory_lock", runId);
  } catch (error) {
    keeper.lost.abort();
    throw error;
  } finally {
    if (!taken) letGo(database, keeper, runId);
  }
  return taken ? { lost: keeper.lost.signal, release: () => releaseRunLock(database, keeper, runId) } : "elsewhere";
}

async function openKeeper(database: Database): Promise<Keeper> {
  for (;;) {
    const opening = keepers.get(database) ?? startKeeper(database);
    const keeper = await opening;
    if (!keeper.returned && !keeper.lost.signal.aborted) return keeper;
    if (keepers.get(database) === opening) keepers.delete(database);
  }
}

/**
 * A machine that vanishes closes no connection. With these the server notices within about six seconds and frees the
 * locks; over a Unix socket they are without effect, and not needed.
 */
const PROBE_OFTEN = "set tcp_keepalives_idle = 3; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 3";

function startKeeper(database: Database): Promise<Keeper> {
  const opening = connectKeeper(database);
  keepers.set(database, opening);
  opening.catch(() => keepers.delete(database));
  return opening;
}

async function connectKeeper(database: Database): Promise<Keeper> {
  const client = await database.pool.connect();
  try {
    await client.query(PROBE_OFTEN);
  } catch (error) {
    client.release(true);
    throw error;
  }
  const lost = new AbortController();
  // every run of this process listens to it
  setMaxListeners(0, lost.signal);
  const onLost = () => lost.abort();
  client.once("end", onLost);
  return { client, held: new Set(), lost, onLost, returned: false, last: Promise.resolve() };
}

async function releaseRunLock(database: Database, keeper: Keeper, runId: string): Promise<void> {
  try {
    if (!keeper.lost.signal.aborted) await queryLock(keeper, "pg_advisory_unlock", runId);
  } catch {
    // a connection that cannot unlock is thrown away, and the server frees its locks
    keeper.lost.abort();
  } finally {
    letGo(database, keeper, runId);
  }
}

function letGo(database: Database, keeper: Keeper, runId: string): void {
  keeper.held.delete(runId);
  if (keeper.held.size > 0 || keeper.returned) return;
  keeper.returned = true;
  keepers.delete(database);
  keeper.client.removeListener("end", keeper.onLost);
  keeper.client.release(keeper.lost.signal.aborted);
}

async function queryLock(
  keeper: Keeper,
  verb: "pg_try_advisory_lock" | "pg_advisory_unlock",
  runId: string,
): Promise<boolean> {
  const ask = () =>
    keeper.client.query<{ done: boolean }>(`select ${verb}(hashtextextended($1, 0)) as done`, [
      `firebreak.run.${runId}`,
    ]);
  const asked = keeper.last.then(ask, ask);
  keeper.last = asked.catch(() => {});
  const { rows } = await asked;
  return rows[0]?.done ?? false;
}
