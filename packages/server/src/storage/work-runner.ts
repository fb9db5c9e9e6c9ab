import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "graphile-worker";
import type { Runner, WorkerEvents } from "graphile-worker";
import { messageOf } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import type { Database } from "./connect.ts";
import { silentWorkerLogger, workerPreset } from "./migrate.ts";
import { tolerateSecondRelease } from "./tolerant-pool.ts";
import type { NodeMembership } from "./nodes.ts";
import type { Tasks } from "./work-tasks.ts";

export interface RunnerKeeper {
  stop(): Promise<void>;
}

export interface RunnerOptions {
  database: Database;
  logger: Logger;
  tasks: Tasks;
  membership: NodeMembership;
  concurrency?: number;
}

/** Jobs are announced when they are new, and by the beat of the nodes when they fall due later; nothing else waits for this. */
const pollEveryMs = 30_000;
/** What jobs get to end before the next runner starts and their locks count as left behind. */
const letGoMs = 5_000;
const restartDelaysMs = [100, 500, 2_000, 5_000] as const;

/**
 * Keeps the queue's runner going: it gives up after some failed questions to the database (a restart), and is replaced
 * when this node was fenced.
 */
export async function keepRunner(options: RunnerOptions): Promise<RunnerKeeper> {
  const stopping = new AbortController();
  let current = await startRunner(options);
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const reason = await waitForEnd(current, stopping.signal);
      if (stopping.signal.aborted) break;
      options.logger.warn("the job runner is replaced", { reason });
      await letGo(current);
      const next = await restart(options, stopping.signal);
      if (next === undefined) return;
      current = next;
    }
    await current.runner.stop().catch(() => {}); // it had stopped by itself
  })();
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

interface Running {
  runner: Runner;
  /** aborts the jobs of this runner */
  broken: AbortController;
}

async function startRunner({ database, tasks, membership, concurrency = 8 }: RunnerOptions): Promise<Running> {
  const events: WorkerEvents = new EventEmitter();
  const broken = new AbortController();
  events.on("pool:create", ({ workerPool }) => {
    const fenced = membership.takeName(workerPool.id);
    fenced.addEventListener("abort", () => broken.abort("this node was cut off from the database"), { once: true });
  });
  // A lost answer may have locked a job for us that we do not know of, and graphile-worker 0.17 keeps a failed first
  // question for ever: only another runner, under another name, is sure to get all jobs.
  events.on("worker:getJob:error", ({ error }) => broken.abort(messageOf(error)));
  const runner = await run({
    pgPool: tolerateSecondRelease(database.pool),
    taskList: tasks.list({ letGo: broken.signal, ready: () => membership.announced() }),
    concurrency,
    pollInterval: pollEveryMs,
    noHandleSignals: true,
    preset: workerPreset,
    logger: silentWorkerLogger,
    events,
    parsedCronItems: [],
  });
  runner.promise.then(
    () => broken.abort("it ended"),
    (error: unknown) => broken.abort(messageOf(error)),
  );
  return { runner, broken };
}

/** @returns why the runner must be replaced; also resolves when asked to stop */
function waitForEnd({ broken: { signal } }: Running, stopping: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const end = () => resolve(messageOf(signal.reason));
    signal.addEventListener("abort", end, { once: true });
    stopping.addEventListener("abort", end, { once: true });
    if (signal.aborted || stopping.aborted) end();
  });
}

/** Its jobs were told to end; one that ignores it must not hold up the next runner, and runs beside its successor. */
async function letGo({ runner }: Running): Promise<void> {
  await Promise.race([runner.stop().catch(() => {}), delay(letGoMs, undefined, { ref: false })]);
}

async function restart(options: RunnerOptions, signal: AbortSignal): Promise<Running | undefined> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await delay(restartDelaysMs[Math.min(attempt, restartDelaysMs.length - 1)], undefined, { signal });
      await options.database.pool.query("select 1");
      return await startRunner(options);
    } catch (error) {
      if (!signal.aborted) options.logger.warn("the job runner cannot start yet", { problem: messageOf(error) });
    }
  }
  return undefined;
}
