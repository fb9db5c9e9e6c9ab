import { Worker } from "node:worker_threads";
import { messageOf, programFile } from "../../kernel/index.ts";
import type { Answered, Answers, Asked, Question, ThreadSetting } from "./messages.ts";

/** The way to what judges. Questions may be asked before the last one is answered. */
export interface JudgeLine {
  /** @throws JudgeEndedError when what judges ended before it answered; Error when it could not answer */
  ask<K extends Question["kind"]>(question: Question & { readonly kind: K }): Promise<Answers[K]>;
  /** Set when it ended and nobody had told it to. */
  readonly ending: Ending | null;
  end(): Promise<void>;
}

/** @param onEnd told when it ends by itself */
export type OpenJudge = (onEnd: () => void) => JudgeLine;

export interface Ending {
  readonly problem: string;
  /** the event that was judged just then */
  readonly seq: number | null;
}

export class JudgeEndedError extends Error {
  override readonly name = "JudgeEndedError";
}

export interface JudgeThreadOptions {
  /** default: beside the server */
  readonly workerFile?: string;
  /** of the thread's objects, at most */
  readonly memoryMb?: number;
  /** One event may take so long. */
  readonly eventMsMax?: number;
}

/** @returns what opens a thread that judges: whatever an event costs there, the server goes on answering */
export function judgeInThread(options: JudgeThreadOptions = {}): OpenJudge {
  return (onEnd) => new JudgeThread(onEnd, options);
}

/** Windows are bounded by tenant and rule; this bounds what many tenants at once may take. */
const MEMORY_MB = 2_048;
/** What an event leaves behind dies at once: room for more of it makes nothing faster, and is never given back. */
const YOUNG_MB = 8;
const EVENT_MS_MAX = 30_000;
const LOOKS = 5;

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

class JudgeThread implements JudgeLine {
  readonly #thread: Worker;
  readonly #current = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEnd: () => void;
  readonly #lookEveryMs: number;
  #asked = 0;
  #problem: string | undefined;
  #ending: Ending | null = null;
  #isToldToEnd = false;
  #watch: NodeJS.Timeout | undefined;

  constructor(onEnd: () => void, options: JudgeThreadOptions) {
    const { workerFile = programFile("judge-worker"), memoryMb = MEMORY_MB, eventMsMax = EVENT_MS_MAX } = options;
    const workerData: ThreadSetting = { current: this.#current };
    this.#onEnd = onEnd;
    this.#lookEveryMs = eventMsMax / LOOKS;
    const resourceLimits = { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: YOUNG_MB };
    this.#thread = new Worker(workerFile, { workerData, resourceLimits });
    this.#thread.on("message", (said: Answered) => this.#take(said));
    this.#thread.on("error", (fault) => void (this.#problem ??= messageOf(fault)));
    this.#thread.on("exit", (code) => this.#noteExit(code));
  }

  get ending(): Ending | null {
    return this.#ending;
  }

  ask<K extends Question["kind"]>(question: Question & { readonly kind: K }): Promise<Answers[K]> {
    const answered = new Promise<unknown>((resolve, reject) => {
      if (this.#ending !== null || this.#isToldToEnd) return reject(this.#endedError());
      this.#asked += 1;
      this.#waiting.set(this.#asked, { resolve, reject });
      const asked: Asked = { id: this.#asked, question };
      this.#thread.postMessage(asked, "page" in question ? [question.page.bodies.buffer] : []);
      this.#watch ??= this.#watchEvents();
    });
    // guarantee: `event-judge.ts` of this same build answers a question of this kind with this type
    return answered as Promise<Answers[K]>;
  }

  async end(): Promise<void> {
    this.#isToldToEnd = true;
    await this.#thread.terminate();
  }

  #take(said: Answered): void {
    const waiting = this.#waiting.get(said.id);
    this.#waiting.delete(said.id);
    if ("problem" in said) waiting?.reject(new Error(said.problem));
    else waiting?.resolve(said.answer);
  }

  /** An event that is judged without end is as bad as a thread that ended. */
  #watchEvents(): NodeJS.Timeout {
    let seen = 0;
    let looks = 0;
    const look = () => {
      if (this.#waiting.size === 0) {
        clearInterval(this.#watch);
        this.#watch = undefined;
        return;
      }
      const [current = 0] = this.#current;
      looks = current !== 0 && current === seen ? looks + 1 : 0;
      seen = current;
      if (looks < LOOKS) return;
      this.#problem ??= `judging one event took longer than ${(this.#lookEveryMs * LOOKS) / 1000} s`;
      void this.#thread.terminate();
    };
    return setInterval(look, this.#lookEveryMs).unref();
  }

  #noteExit(code: number): void {
    clearInterval(this.#watch);
    if (!this.#isToldToEnd) {
      const [current = 0] = this.#current;
      const problem = this.#problem ?? `it ended with code ${code}`;
      this.#ending = { problem, seq: current === 0 ? null : current };
    }
    const error = this.#endedError();
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    if (this.#ending !== null) this.#onEnd();
  }

  #endedError(): JudgeEndedError {
    return new JudgeEndedError(`the thread that judges events ended: ${this.#ending?.problem ?? "it was told to"}`);
  }
}
