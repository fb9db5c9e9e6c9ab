import { runOnce } from "graphile-worker";
import type pg from "pg";
import type { Clock } from "../kernel/index.ts";
import type { Database } from "./connect.ts";
import { silentWorkerLogger, workerPreset } from "./migrate.ts";
import type { Tasks } from "./work-tasks.ts";

/** A job that enqueues itself without delay would never end. */
const mostRounds = 1_000;

/** The queue waits by the database's clock; here what is due by the injected clock is made due, then run. */
export async function runUntilNothingDue(
  { database, clock }: { database: Database; clock: Clock },
  tasks: Tasks,
): Promise<void> {
  const taskList = tasks.list();
  for (let round = 0; round < mostRounds; round += 1) {
    if ((await makeDue(database.pool, clock.now(), tasks.failedAt)) === 0) return;
    await runOnce({
      pgPool: database.pool,
      taskList,
      noHandleSignals: true,
      preset: workerPreset,
      logger: silentWorkerLogger,
    });
  }
  throw new Error(`jobs are still due after ${mostRounds} rounds: one enqueues itself without delay`);
}

/** The queue's own wait after a failure: exp(least(attempts, 10)) seconds. */
async function makeDue(pool: pg.Pool, nowMs: number, failedAt: ReadonlyMap<string, number>): Promise<number> {
  const failures = JSON.stringify([...failedAt].map(([id, at]) => ({ id, at })));
  await pool.query(
    `update graphile_worker._private_jobs as job set run_at = now() + interval '1 hour'
     where locked_at is null and run_at <= now() and not ${dueByClock}`,
    [nowMs, failures],
  );
  const { rowCount } = await pool.query(
    `update graphile_worker._private_jobs as job set run_at = least(run_at, now())
     where locked_at is null and attempts < max_attempts and ${dueByClock}`,
    [nowMs, failures],
  );
  return rowCount ?? 0;
}

const dueByClock = `(
  coalesce((payload->>'dueAt')::float8, 0) <= $1::float8
  and $1::float8 >= coalesce((
    select failure.at + exp(least(job.attempts, 10)) * 1000
    from json_to_recordset($2::json) as failure (id bigint, at float8)
    where failure.id = job.id and job.attempts > 0
  ), 0)
)`;
