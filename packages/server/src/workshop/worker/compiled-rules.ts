import type { WorkerLine } from "../../kernel/index.ts";
import type { RuleTexts, WorkerQuestion, WorkerTask } from "./tasks.ts";

/** Then its thread ends, for compiled rules take memory. */
const IDLE_MS = 120_000;

type OpenLine = (task: WorkerTask, signal: AbortSignal) => WorkerLine;

interface Kept {
  readonly sources: RuleTexts["sources"];
  readonly line: WorkerLine;
  idle: NodeJS.Timeout | undefined;
}

/** One thread that has rules compiled, kept while questions about the same rules come. One is answered at a time. */
export class CompiledRules {
  readonly #open: OpenLine;
  #kept: Kept | undefined;
  #isBusy = false;

  constructor(open: OpenLine) {
    this.#open = open;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /**
   * Asks the thread that has these rules; where there is none, it is started first.
   *
   * @throws Error when `signal` aborts or the thread ends; the next question gets another thread
   */
  async ask(rules: RuleTexts, question: WorkerQuestion, signal: AbortSignal): Promise<unknown> {
    this.#isBusy = true;
    try {
      const { line } = await this.#lineOf(rules, signal);
      return await orAbort(line.ask(question), signal);
    } catch (fault) {
      await this.close();
      throw fault;
    } finally {
      this.#isBusy = false;
      this.#endWhenIdle();
    }
  }

  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    clearTimeout(kept?.idle);
    await kept?.line.end();
  }

  async #lineOf(rules: RuleTexts, signal: AbortSignal): Promise<Kept> {
    clearTimeout(this.#kept?.idle);
    if (this.#kept?.sources === rules.sources) return this.#kept;
    await this.close();
    // its own signal: that of one question must not end the thread for the next
    const line = this.#open({ kind: "questions", rules }, new AbortController().signal);
    const kept = { sources: rules.sources, line, idle: undefined };
    this.#kept = kept;
    await orAbort(line.ask(), signal);
    return kept;
  }

  #endWhenIdle(): void {
    if (this.#kept === undefined) return;
    this.#kept.idle = setTimeout(() => void this.close(), IDLE_MS);
    this.#kept.idle.unref();
  }
}

function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
