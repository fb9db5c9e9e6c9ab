import type { JobHelpers, TaskList } from "graphile-worker";
import { z } from "zod";
import { messageOf } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import type { WorkHandler } from "./work-types.ts";

/** What holds for the jobs of one runner. */
export interface RunnerState {
  /** aborts when the node must let go of its jobs */
  letGo: AbortSignal;
  /** resolves when other nodes know whose jobs these are */
  ready(): Promise<void>;
}

export interface Tasks {
  list(state?: RunnerState): TaskList;
  /** when a job failed last in this process, by the injected clock */
  failedAt: Map<string, number>;
}

/** Around payloads from `enqueue`; domain events come bare. */
const envelopeSchema = z.strictObject({ payload: z.unknown(), dueAt: z.number() });
/** Jobs that failed in this process and are remembered for `drain`. */
const rememberedFailures = 10_000;

/** Handlers as the queue calls them: payload out of its envelope, failures logged. */
export function createTaskList(
  handlers: ReadonlyMap<string, WorkHandler>,
  { clock, logger }: { clock: Clock; logger: Logger },
): Tasks {
  const failedAt = new Map<string, number>();
  const toTask =
    (task: string, handler: WorkHandler, state: RunnerState | undefined) =>
    async (raw: unknown, helpers: JobHelpers) => {
      const { job, abortSignal } = helpers;
      const envelope = envelopeSchema.safeParse(raw);
      const payload = envelope.success ? envelope.data.payload : raw;
      const isLastAttempt = job.attempts >= job.max_attempts;
      const signal = state === undefined ? abortSignal : AbortSignal.any([abortSignal, state.letGo]);
      try {
        await state?.ready();
        await handler(payload, { signal, attempt: job.attempts, isLastAttempt, jobId: job.id });
        failedAt.delete(job.id);
      } catch (error) {
        if (failedAt.size < rememberedFailures) failedAt.set(job.id, clock.now());
        const fields = { task, jobId: job.id, attempt: job.attempts, problem: messageOf(error) };
        if (isLastAttempt) logger.error("a job failed for the last time", fields);
        else logger.warn("a job failed and will be tried again", fields);
        throw error;
      }
    };
  return {
    failedAt,
    list: (state) => Object.fromEntries([...handlers].map(([task, handler]) => [task, toTask(task, handler, state)])),
  };
}
