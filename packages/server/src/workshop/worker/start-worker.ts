import { FirebreakError, messageOf, startWorker } from "../../kernel/index.ts";
import type { WorkerLine } from "../../kernel/index.ts";
import type { TaskResults, WorkerTask } from "./tasks.ts";

/** Threads at once, beside that of the one replay that runs. */
const BUSY_MAX = 3;

/** Does tasks in threads of their own, a few at a time. */
export class Workers {
  readonly #file: string;
  #busy = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** A thread that is asked again and again until it is ended. */
  open(task: WorkerTask, signal: AbortSignal): WorkerLine {
    return startWorker(this.#file, task, signal);
  }

  /**
   * @throws FirebreakError too_many_requests when as many run as may; invalid_body when it takes longer than that or more
   *   memory than there is for it
   */
  async run<K extends keyof TaskResults>(task: WorkerTask & { kind: K }, timeoutMs: number): Promise<TaskResults[K]> {
    if (this.#busy >= BUSY_MAX) {
      throw new FirebreakError("too_many_requests", `${BUSY_MAX} of these run already. Wait for one to end.`, {
        retryAfterSeconds: 2,
      });
    }
    this.#busy += 1;
    const signal = AbortSignal.timeout(timeoutMs);
    let line: WorkerLine | undefined;
    try {
      line = this.open(task, signal);
      return resultOf(task.kind, await line.ask());
    } catch (fault) {
      const why = signal.aborted ? `it took longer than ${timeoutMs / 1000} s` : messageOf(fault);
      throw new FirebreakError("invalid_body", `This could not be done: ${why}. Give fewer events or simpler rules.`, {
        cause: fault,
      });
    } finally {
      await line?.end();
      this.#busy -= 1;
    }
  }
}

/** Guarantee: the worker of this same build answers a task of this kind with this type. */
function resultOf<K extends keyof TaskResults>(_kind: K, said: unknown): TaskResults[K] {
  return said as TaskResults[K];
}
