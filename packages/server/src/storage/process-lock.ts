import { setMaxListeners } from "node:events";
import type pg from "pg";
import type { Database } from "./connect.ts";

export interface ProcessLock {
  /** aborted when the connection that holds the lock is lost: another process may have it now */
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

type Pooled = Pick<Database, "pool">;

/**
 * PostgreSQL advisory locks of one process, all on one of its connections, which goes back to the pool with the last
 * lock. The server frees them the moment the process dies, so a successor waits for no timeout. A session may take
 * its own lock twice, hence the set.
 */
const keepers = new WeakMap<Pooled, Promise<Keeper>>();

/** Who has it already: this process, or another one. */
type Holder = "here" | "elsewhere";

/** @param name what one process at a time does @returns the lock, or who has it */
export async function acquireProcessLock(database: Pooled, name: string): Promise<ProcessLock | Holder> {
  const keeper = await openKeeper(database);
  if (keeper.held.has(name)) return "here";
  keeper.held.add(name);
  let taken = false;
  try {
    taken = await queryLock(keeper, "pg_try_advisory_lock", name);
  } catch (error) {
    keeper.lost.abort();
    throw error;
  } finally {
    if (!taken) letGo(database, keeper, name);
  }
  return taken ? { lost: keeper.lost.signal, release: () => releaseLock(database, keeper, name) } : "elsewhere";
}

async function openKeeper(database: Pooled): Promise<Keeper> {
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

function startKeeper(database: Pooled): Promise<Keeper> {
  const opening = connectKeeper(database);
  keepers.set(database, opening);
  opening.catch(() => keepers.delete(database));
  return opening;
}

async function connectKeeper(database: Pooled): Promise<Keeper> {
  const client = await database.pool.connect();
  try {
    await client.query(PROBE_OFTEN);
  } catch (error) {
    client.release(true);
    throw error;
  }
  const lost = new AbortController();
  // everything that this process has a lock for listens to it
  setMaxListeners(0, lost.signal);
  const onLost = () => lost.abort();
  client.once("end", onLost);
  return { client, held: new Set(), lost, onLost, returned: false, last: Promise.resolve() };
}

async function releaseLock(database: Pooled, keeper: Keeper, name: string): Promise<void> {
  try {
    if (!keeper.lost.signal.aborted) await queryLock(keeper, "pg_advisory_unlock", name);
  } catch {
    // a connection that cannot unlock is thrown away, and the server frees its locks
    keeper.lost.abort();
  } finally {
    letGo(database, keeper, name);
  }
}

function letGo(database: Pooled, keeper: Keeper, name: string): void {
  keeper.held.delete(name);
  if (keeper.held.size > 0 || keeper.returned) return;
  keeper.returned = true;
  keepers.delete(database);
  keeper.client.removeListener("end", keeper.onLost);
  keeper.client.release(keeper.lost.signal.aborted);
}

async function queryLock(
  keeper: Keeper,
  verb: "pg_try_advisory_lock" | "pg_advisory_unlock",
  name: string,
): Promise<boolean> {
  const ask = () =>
    keeper.client.query<{ done: boolean }>(`select ${verb}(hashtextextended($1, 0)) as done`, [`firebreak.${name}`]);
  const asked = keeper.last.then(ask, ask);
  keeper.last = asked.catch(() => {});
  const { rows } = await asked;
  return rows[0]?.done ?? false;
}
