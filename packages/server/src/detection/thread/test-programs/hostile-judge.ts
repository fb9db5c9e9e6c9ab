/** The thread that judges, but what events and rules say happens to it: for tests that it may end in any way. */
import { existsSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { createEvaluator } from "../../evaluate-event.ts";
import { EventJudge } from "../event-judge.ts";
import type { MakeEvaluator } from "../event-judge.ts";
import type { Answers, Question, ThreadSetting } from "../messages.ts";
import { serveQuestions } from "../serve-questions.ts";

const makeEvaluator: MakeEvaluator = (ruleset, options) => {
  const evaluator = createEvaluator(ruleset, options);
  const evaluate: typeof evaluator.evaluate = (event) => {
    suffer(String(event.data["command"]));
    return evaluator.evaluate(event);
  };
  return { ...evaluator, evaluate };
};

function suffer(command: string): void {
  const [what, file = ""] = command.split(" ");
  if (what === "exit") process.exit(3);
  if (what === "throw") throw new Error("a fault of ours");
  if (what === "hang") for (;;);
  if (what === "fill")
    for (const kept: number[][] = []; ;) kept.push(Array.from({ length: 1000 }, (_, index) => index + 0.5));
  if (what !== "exit-once" || existsSync(file)) return;
  writeFileSync(file, "");
  process.exit(3);
}

class HostileJudge extends EventJudge {
  override async answer(question: Question): Promise<Answers[Question["kind"]]> {
    const said = await super.answer(question);
    if (question.kind === "load" && JSON.stringify(said).includes("title: Deadly")) process.exit(4);
    return said;
  }
}

const { current } = workerData as ThreadSetting;
if (parentPort !== null) serveQuestions(parentPort, new HostileJudge(current, makeEvaluator));
