import type { MessagePort } from "node:worker_threads";
import { messageOf } from "../../kernel/index.ts";
import type { EventJudge } from "./event-judge.ts";
import type { Answered, Asked } from "./messages.ts";

/** Answers until the thread is ended, in the order in which it was asked but for the loading of rules, which may take. */
export function serveQuestions(port: MessagePort, judge: EventJudge): void {
  port.on("message", (asked: Asked) => void answer(asked));

  async function answer({ id, question }: Asked): Promise<void> {
    let said: Answered;
    try {
      said = { id, answer: await judge.answer(question) };
    } catch (fault) {
      said = { id, problem: messageOf(fault) };
    }
    port.postMessage(said, []);
  }
}
