import { FirebreakError, messageOf, startWorker } from "../../kernel/index.ts";
import type { WorkerLine } from "../../kernel/index.ts";
import { CompiledRules } from "./compiled-rules.ts";
import type { RuleTexts, TaskResults, WorkerQuestion, WorkerTask } from "./tasks.ts";

/** Threads at once, beside that of the one replay that runs. */
const BUSY_MAX = 3;

/** Does tasks in threads of their own, a few at a time. */
export class Workers {
  readonly #file: string;
  readonly #compiled = new CompiledRules((task, signal) => this.open(task, signal));
  #busy = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Ends the thread that is kept between questions. */
  close(): Promise<void> {
    return this.#compiled.close();
  }

  /** A thread that is asked again and again until it is ended. */
  open(task: WorkerTask, signal: AbortSignal): WorkerLine {
    return startWorker(this.#file, task, signal);
  }

  /**
   * Asks rules a question. Those that others will ask too, which are the ones in force, are compiled once for all of them.
   *
   * @throws FirebreakError as {@link measure}
   */
  ask<K extends WorkerQuestion["kind"]>(
    rules: RuleTexts & { readonly areInForce: boolean },
    question: WorkerQuestion & { kind: K },
    timeoutMs: number,
  ): Promise<TaskResults[K]> {
    const useKept = rules.areInForce && !this.#compiled.isBusy;
    return this.#within(question.kind, timeoutMs, (signal) =>
      useKept
        ? this.#compiled.ask(rules, question, signal)
        : this.#askOnce({ kind: "question", rules, question }, signal),
    );
  }

  /**
   * @throws FirebreakError too_many_requests when as many run as may; invalid_body when it takes longer than that or more
   *   memory than there is for it
   */
  measure(task: WorkerTask & { kind: "costs" }, timeoutMs: number): Promise<TaskResults["costs"]> {
    return this.#within("costs", timeoutMs, (signal) => this.#askOnce(task, signal));
  }

  async #askOnce(task: WorkerTask, signal: AbortSignal): Promise<unknown> {
    const line = this.open(task, signal);
    try {
      return await line.ask();
    } finally {
      await line.end();
    }
  }

  async #within<K extends keyof TaskResults>(
    kind: K,
    timeoutMs: number,
    ask: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<TaskResults[K]> {
    if (this.#busy >= BUSY_MAX) {
      throw new FirebreakError("too_many_requests", `${BUSY_MAX} of these run already. Wait for one to end.`, {
        retryAfterSeconds: 2,
      });
    }
    this.#busy += 1;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return resultOf(kind, await ask(signal));
    } catch (fault) {
      const why = signal.aborted ? `it took longer than ${timeoutMs / 1000} s` : messageOf(fault);
      throw new FirebreakError("invalid_body", `This could not be done: ${why}. Give fewer events or simpler rules.`, {
        cause: fault,
      });
    } finally {
      this.#busy -= 1;
    }
  }
}

/** Guarantee: the worker of this same build answers a task of this kind with this type. */
function resultOf<K extends keyof TaskResults>(_kind: K, said: unknown): TaskResults[K] {
  return said as TaskResults[K];
}
