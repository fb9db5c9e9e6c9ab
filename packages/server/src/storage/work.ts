import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import type { Clock, Logger } from "../kernel/index.ts";
import type { Database } from "./connect.ts";
import { joinNodes } from "./nodes.ts";
import type { NodeMembership, NodeTiming } from "./nodes.ts";
import type { Schema } from "./schema.ts";
import { createTaskList } from "./work-tasks.ts";
import type { WorkHandler } from "./work-types.ts";
import { runUntilNothingDue } from "./work-drain.ts";
import { keepRunner } from "./work-runner.ts";
import type { RunnerKeeper } from "./work-runner.ts";

export interface EnqueueOptions {
  /** replaces a waiting job of the same key; a running one is left alone and followed by this one */
  key?: string;
  /** jobs of one queue run one after another */
  queue?: string;
  /** milliseconds since 1970 by the injected clock; default at once */
  runAt?: number;
  /** default 25; between attempts it waits exp(attempt) seconds, 2.7 s to 6 h */
  maxAttempts?: number;
}

/** Jobs in the same database as the data: enqueued in the caller's transaction, they exist if and only if it commits. */
export interface DurableWork {
  /** before `start` and `drain`; one handler a task */
  define(task: string, handler: WorkHandler): void;
  /** joins the nodes, takes back jobs this home left behind, and runs jobs until `stop` */
  start(): Promise<void>;
  enqueue(
    trx: Kysely<Schema> | Transaction<Schema>,
    task: string,
    payload: unknown,
    options?: EnqueueOptions,
  ): Promise<void>;
  /** withdraws a waiting job */
  cancel(trx: Kysely<Schema> | Transaction<Schema>, key: string): Promise<void>;
  /** for tests, without `start`: runs jobs, and those they enqueue, until none is due by the injected clock */
  drain(): Promise<void>;
  /** lets running jobs end (after 5 s their signal aborts) and leaves the nodes */
  stop(): Promise<void>;
}

export interface WorkOptions {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** identifies this process among the nodes; two processes never share one */
  nodeId: string;
  /** FIREBREAK_HOME, held by one process at a time */
  home: string;
  /** jobs at once on this node; default 8 */
  concurrency?: number;
  /** how nodes notice that one died; tests shorten it */
  timing?: NodeTiming;
}

export function createDurableWork(options: WorkOptions): DurableWork {
  const handlers = new Map<string, WorkHandler>();
  const tasks = createTaskList(handlers, options);
  let membership: NodeMembership | undefined;
  let runner: RunnerKeeper | undefined;
  return {
    define: (task, handler) => {
      if (handlers.has(task)) throw new TypeError(`task ${task} is defined twice`);
      handlers.set(task, handler);
    },
    start: async () => {
      membership = await joinNodes(options);
      runner = await keepRunner({ ...options, tasks, membership });
    },
    enqueue: (trx, task, payload, enqueueOptions = {}) => addJob(trx, options.clock, task, payload, enqueueOptions),
    cancel: async (trx, key) => {
      await sql`select graphile_worker.remove_job(${key})`.execute(trx);
    },
    drain: () => runUntilNothingDue(options, tasks),
    stop: async () => {
      await runner?.stop();
      await membership?.leave();
    },
  };
}

/**
 * The due time is told to the queue as a delay from now, because the queue waits by the database's clock, which may
 * differ from the injected one (another machine, a test).
 */
async function addJob(
  trx: Kysely<Schema>,
  clock: Clock,
  task: string,
  payload: unknown,
  options: EnqueueOptions,
): Promise<void> {
  const dueAt = options.runAt ?? clock.now();
  const delaySeconds = Math.max(0, dueAt - clock.now()) / 1_000;
  await sql`select graphile_worker.add_job(
    identifier => ${task}::text,
    payload => ${JSON.stringify({ payload, dueAt })}::json,
    queue_name => ${options.queue ?? null}::text,
    run_at => case when ${delaySeconds}::float8 > 0 then now() + make_interval(secs => ${delaySeconds}::float8) end,
    max_attempts => ${options.maxAttempts ?? null}::int,
    job_key => ${options.key ?? null}::text
  )`.execute(trx);
}
