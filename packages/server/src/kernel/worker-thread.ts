import { once } from "node:events";
import { Worker } from "node:worker_threads";

const MEMORY_MB_MAX = 512;
/** `threadId` of a thread that is over. */
const ENDED = -1;

/** A thread of its own: whatever it does, the server goes on answering. */
export interface WorkerLine {
  /** @returns what the worker says next, after `message` was sent to it; rejects when `until` ends, by default that of the start */
  ask(message?: unknown, until?: AbortSignal): Promise<unknown>;
  /** A worker that rests does not keep the process alive. */
  rest(isResting: boolean): void;
  isAlive(): boolean;
  end(): Promise<void>;
}

/**
 * @param memoryMb of the thread's objects; what is in buffers is not counted. A thread through which much is read needs room
 *   here all the same: with little, V8 collects garbage for every few buffers, which takes three times as long.
 */
export function startWorker(
  file: string,
  task: unknown,
  signal: AbortSignal,
  memoryMb: number = MEMORY_MB_MAX,
): WorkerLine {
  const thread = new Worker(file, { workerData: task, resourceLimits: { maxOldGenerationSizeMb: memoryMb } });
  const exited = once(thread, "exit").then(() => Promise.reject(new Error("the worker ended without an answer")));
  // it always ends in the end; only who waits for an answer wants to know
  exited.catch(() => undefined);
  let first: Promise<unknown[]> | undefined = once(thread, "message", { signal });
  first.catch(() => undefined);
  return {
    ask: async (message, until = signal) => {
      const answer = first ?? once(thread, "message", { signal: until });
      if (message !== undefined) thread.postMessage(message, []);
      first = undefined;
      const [said] = await Promise.race([answer, exited]);
      return said;
    },
    rest: (isResting) => {
      if (isResting) thread.unref();
      else thread.ref();
    },
    isAlive: () => thread.threadId !== ENDED,
    end: async () => {
      await thread.terminate();
    },
  };
}
