import { once } from "node:events";
import type { MessagePort } from "node:worker_threads";
import type { Answer, Question, QuestionAnswers } from "./messages.ts";

/** The thread's way to its server: it asks one thing at a time and waits for each answer. */
export class ServerLine {
  readonly #port: MessagePort;
  readonly #onAbort: () => void;
  #last: Promise<unknown> = Promise.resolve();

  /** @param onAbort an answer said that the work is to end */
  constructor(port: MessagePort, onAbort: () => void = () => undefined) {
    this.#port = port;
    this.#onAbort = onAbort;
  }

  /** @throws Error when the server could not do it */
  ask<K extends Question["kind"]>(question: Question & { readonly kind: K }): Promise<QuestionAnswers[K]> {
    const answered = this.#last.then(() => this.#exchange<K>(question));
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  /** What was asked before is answered when this resolves. */
  async settle(): Promise<void> {
    await this.#last;
  }

  async #exchange<K extends Question["kind"]>(question: Question & { readonly kind: K }): Promise<QuestionAnswers[K]> {
    const answered = once(this.#port, "message");
    this.#port.postMessage(question, []);
    const { value, problem, isAborted } = answerOf(await answered);
    if (isAborted) this.#onAbort();
    if (problem !== null) throw new Error(problem);
    return value as QuestionAnswers[K];
  }
}

/** Guarantee: `in-thread.ts` of this same build sends nothing else. */
function answerOf([message]: unknown[]): Answer {
  return message as Answer;
}
