import { programFile, startWorker } from "../../kernel/index.ts";
import type { WorkerLine } from "../../kernel/index.ts";
import type { Place } from "../open-database-in-thread.ts";
import { doDuty } from "./do-duty.ts";
import type { DutyContext } from "./do-duty.ts";
import type { Answer, Duty } from "./messages.ts";

/** So many events since the duty was done last are too many for the server's thread. */
const MANY_EVENTS = 1_000;
const RESTS_MS = 60_000;
const MEMORY_MB = 256;

export interface BookkeeperOptions {
  readonly place: Place;
  /** @returns how many events were stored since the start */
  readonly stored: () => number;
  readonly context: () => DutyContext;
  /** default: beside the server */
  readonly workerFile?: string | undefined;
}

/**
 * Brings stored events into the audit log and into the index of the search: hashing and reading them takes longer than to
 * store them. A few at a time are done on the spot; while many come in, a thread with a connection of its own does it, so
 * that the server's goes on answering.
 */
export class Bookkeeper {
  readonly #options: BookkeeperOptions;
  readonly #ending = new AbortController();
  readonly #before: Record<Duty, number> = { log: 0, index: 0 };
  #line: WorkerLine | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** the thread does one thing at a time */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: BookkeeperOptions) {
    this.#options = options;
  }

  /** Does a part of the duty. @returns whether more may be left @throws Error when the thread or the database fails */
  async work(duty: Duty): Promise<boolean> {
    const stored = this.#options.stored();
    const isMuch = stored - this.#before[duty] >= MANY_EVENTS;
    this.#before[duty] = stored;
    if (isMuch) this.#restLater();
    if (this.#timer === undefined) return doDuty(duty, this.#options.context());
    const done = this.#last.then(() => this.#askThread(duty));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    await this.#end();
  }

  #restLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#last = this.#last.then(() => (this.#timer === undefined ? this.#end() : undefined));
    }, RESTS_MS).unref();
  }

  async #end(): Promise<void> {
    const line = this.#line;
    this.#line = undefined;
    await line?.end();
  }

  async #askThread(duty: Duty): Promise<boolean> {
    try {
      this.#line ??= await this.#start();
      const answer = answerOf(await this.#line.ask(duty));
      if (answer.kind === "done") return answer.isMore;
      throw new Error(answer.kind === "fault" ? answer.message : "the thread answered another question");
    } catch (fault) {
      await this.#end();
      throw fault;
    }
  }

  async #start(): Promise<WorkerLine> {
    const { place, workerFile = programFile("bookkeeping-worker") } = this.#options;
    const { home, databaseUrl } = place;
    const line = startWorker(workerFile, { home, databaseUrl } satisfies Place, this.#ending.signal, MEMORY_MB);
    line.rest(true);
    await line.ask();
    return line;
  }
}

/** Guarantee: the worker of this same build says nothing else. */
function answerOf(said: unknown): Answer {
  return said as Answer;
}
