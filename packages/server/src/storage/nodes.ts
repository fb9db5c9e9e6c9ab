import { hostname } from "node:os";
import type pg from "pg";
import { messageOf } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import type { Database } from "./connect.ts";

export interface NodeMembership {
  /**
   * Records under which name this node locks jobs from now on. Jobs locked under a name that no node has count as left
   * behind.
   *
   * @returns a signal that aborts when this node could not beat for so long that others take its work
   */
  takeName(workerId: string): AbortSignal;
  /** resolves when the database knows the last name taken */
  announced(): Promise<void>;
  leave(): Promise<void>;
}

export interface NodeTiming {
  beatEveryMs: number;
  deadAfterMs: number;
}

export interface NodeOptions {
  database: Database;
  clock: Clock;
  logger: Logger;
  nodeId: string;
  home: string;
  timing?: NodeTiming | undefined;
}

/** A dead node's work is taken over within deadAfterMs + beatEveryMs: 10 s, under the required 15. */
const defaultTiming: NodeTiming = { beatEveryMs: 2_000, deadAfterMs: 8_000 };
/** A node lets go this share of deadAfterMs after its last beat, so before others take over. */
const fenceShare = 0.8;

/**
 * Joins the processes that share this database, beats, and takes over the jobs of those that stopped beating. Liveness
 * is real time on the database's clock, never the injected wall clock. A node of the same home is dead at once: the
 * home's lock lets in one process at a time.
 */
export async function joinNodes(options: NodeOptions): Promise<NodeMembership> {
  const { database, clock, logger, nodeId, timing = defaultTiming } = options;
  const { pool } = database;
  let name: string | undefined;
  let announcedName: string | undefined;
  let fence = new AbortController();
  let lastBeatMs = clock.monotonicMs();
  const beat = async () => {
    const [askedMs, askedName] = [clock.monotonicMs(), name];
    const isWorkLeft = await writeBeat(options, askedName, timing.deadAfterMs);
    [lastBeatMs, announcedName] = [askedMs, askedName];
    return isWorkLeft;
  };
  const tick = async () => {
    try {
      if (await beat()) await takeOver(pool, timing.deadAfterMs);
    } catch (error) {
      logger.warn("this node cannot tell the others that it lives", { problem: messageOf(error) });
    }
  };
  const checkFence = () => {
    if (clock.monotonicMs() - lastBeatMs > timing.deadAfterMs * fenceShare) fence.abort();
  };
  await forgetOwnPast(options);
  await beat();
  await takeOver(pool, timing.deadAfterMs);
  const beating = repeat(tick, timing.beatEveryMs);
  const fencing = repeat(async () => checkFence(), timing.deadAfterMs / 10);
  return {
    takeName: (workerId) => {
      name = workerId;
      fence = new AbortController();
      return fence.signal;
    },
    announced: async () => {
      if (announcedName !== name) await beat();
    },
    leave: async () => {
      await Promise.all([beating.stop(), fencing.stop()]);
      await pool.query("delete from nodes where id = $1", [nodeId]);
    },
  };
}

/** Runs again and again, never twice at once. */
function repeat(act: () => Promise<void>, everyMs: number): { stop(): Promise<void> } {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= act().finally(() => {
      running = undefined;
    });
  }, everyMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

/**
 * Says that this node lives, and looks around in the same statement. Waiting jobs whose time has come are announced again: those
 * that failed once, and those whose first notice was lost.
 *
 * @returns whether there may be a node that is dead, or jobs that one left behind
 */
async function writeBeat(
  { database, nodeId, home }: NodeOptions,
  workerId: string | undefined,
  deadAfterMs: number,
): Promise<boolean> {
  const { rows } = await database.pool.query<{ is_work_left: boolean }>(
    `with beat as (
        insert into nodes (id, home, host, pid, worker_id, started_at, last_beat_at) values ($1, $2, $3, $4, $5, now(), now())
        on conflict (id) do update set worker_id = excluded.worker_id, last_beat_at = now()
      ), announced as (
        ${announceWaiting}
      ), locks as (
        select locked_by from graphile_worker._private_jobs where locked_by is not null
        union select locked_by from graphile_worker._private_job_queues where locked_by is not null
      )
      select exists (select from nodes where last_beat_at < now() - make_interval(secs => $6::float8 / 1000))
        or exists (select from locks where not exists (select from nodes where worker_id = locked_by)) as is_work_left,
        (select count(*) from announced)`,
    [nodeId, home, hostname(), process.pid, workerId ?? null, deadAfterMs],
  );
  return rows[0]?.is_work_left ?? true;
}

async function forgetOwnPast({ database: { pool }, nodeId, home }: NodeOptions): Promise<void> {
  const { rows } = await pool.query<{ worker_id: string | null }>(
    "delete from nodes where id = $1 or (home = $2 and host = $3) returning worker_id",
    [nodeId, home, hostname()],
  );
  await unlockJobs(pool, rows, longestWaitMs);
}

async function takeOver(pool: pg.Pool, deadAfterMs: number): Promise<void> {
  const { rows } = await pool.query<{ worker_id: string | null }>(
    "delete from nodes where last_beat_at < now() - make_interval(secs => $1::float8 / 1000) returning worker_id",
    [deadAfterMs],
  );
  await unlockJobs(pool, rows, deadAfterMs);
  await pool.query(announceWaiting);
}

/**
 * Frees the jobs of the nodes that are gone, and those locked for so long under a name that no node has: a node may die
 * between taking its first job and its beat. (When there is no node at all, every lock was left behind: a node joins
 * before it locks.) The attempt that a crash cut off does not count, up to a limit, or a job
 * allowed one attempt would be lost; one that kills its node every time comes to an end.
 */
async function unlockJobs(
  pool: pg.Pool,
  gone: readonly { worker_id: string | null }[],
  unknownAfterMs: number,
): Promise<void> {
  const names = gone.flatMap(({ worker_id: workerId }) => (workerId === null ? [] : [workerId]));
  await pool.query(
    `with lockers as (
      select locked_by, locked_at from graphile_worker._private_jobs where locked_by is not null
      union select locked_by, locked_at from graphile_worker._private_job_queues where locked_by is not null
    ), dead as (
      select array_agg(distinct locked_by) as names from lockers
      where locked_by = any($1::text[]) or (
        (locked_at < now() - make_interval(secs => $2::float8 / 1000) or not exists (select from nodes))
        and not exists (select from nodes where worker_id = locked_by))
    ), jobs as (
      update graphile_worker._private_jobs set locked_at = null, locked_by = null,
        max_attempts = least(max_attempts + 1, ${mostAttempts})
      from dead where locked_by = any(dead.names)
    )
    update graphile_worker._private_job_queues set locked_at = null, locked_by = null
    from dead where locked_by = any(dead.names)`,
    [names, unknownAfterMs],
  );
}

/** Wakes this many idle workers of each node; none that finds a job rests before it has looked for another. */
const announcedMax = 8;
const announceWaiting = `
  select pg_notify('jobs:insert', json_build_object('r', random(), 'count', ${announcedMax})::text)
  where exists (select from graphile_worker._private_jobs where is_available and run_at <= now())`;
const mostAttempts = 100;
/** Ten years: never, within what an interval can say. */
const longestWaitMs = 315_576_000_000;
