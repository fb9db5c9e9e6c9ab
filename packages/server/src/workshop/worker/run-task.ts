import { once } from "node:events";
import type { MessagePort } from "node:worker_threads";
import { compile } from "@firebreak/sigma";
import type { Match, Ruleset } from "@firebreak/sigma";
import { presentEvent, runRuleCases } from "../../detection/index.ts";
import { systemClock } from "../../kernel/index.ts";
import { readStoredEvent } from "../../telemetry/index.ts";
import { measureCosts } from "../bench-rules.ts";
import { explainEvents, presentRecords } from "../explain-records.ts";
import { ReplayJudge } from "../replay/judge.ts";
import { ReplayTally } from "../replay/tally.ts";
import type { ReplayPageDone, ReplayReady, ReplayMessage, TaskResults, WorkerQuestion, WorkerTask } from "./tasks.ts";

/** Does one task and tells its result. */
export async function runTask(task: WorkerTask, port: MessagePort): Promise<void> {
  switch (task.kind) {
    case "question":
      return port.postMessage(await answer(compileRules(task), task.question));
    case "questions":
      return answerAll(task, port);
    case "costs":
      return port.postMessage(measure(task));
    case "replay":
      return replay(task, port);
  }
}

const compileRules = ({ rules }: WorkerTask): Ruleset => compile(rules.sources, { placeholders: rules.placeholders });

const MATCHES_MAX = 1_000;
const EXPLANATIONS_MAX = 20;
const EXPLAINED_CHARACTERS_MAX = 2_000_000;

async function answer(ruleset: Ruleset, question: WorkerQuestion): Promise<TaskResults[WorkerQuestion["kind"]]> {
  return question.kind === "try" ? tryRecords(ruleset, question) : runRuleCases(ruleset, [question.ruleFile]);
}

/** Until the thread is ended. */
async function answerAll(task: WorkerTask & { kind: "questions" }, port: MessagePort): Promise<void> {
  const ruleset = compileRules(task);
  port.postMessage(null);
  for (;;) port.postMessage(await answer(ruleset, await nextMessage<WorkerQuestion>(port)));
}

function tryRecords(ruleset: Ruleset, task: WorkerQuestion & { kind: "try" }): TaskResults["try"] {
  const engine = ruleset.createEngine();
  const events = presentRecords(task.records);
  const matches = events.flatMap(({ event, meta }) =>
    engine.evaluate(event, meta).map((match) => viewMatch(match, Number(meta.id))),
  );
  const matched = new Set(matches.map(({ ruleId }) => ruleId));
  const all = ruleset.rules
    .filter(({ id, alerts }) => alerts && (task.explainAll || matched.has(id)))
    .map(({ id }) => id);
  const wanted = task.ruleId === undefined ? all : [task.ruleId];
  const budget = { characters: EXPLAINED_CHARACTERS_MAX };
  return {
    errors: ruleset.errors.map(({ file, line, column, message, remedy }) => ({ file, line, column, message, remedy })),
    matches: matches.slice(0, MATCHES_MAX),
    explanations: wanted.slice(0, EXPLANATIONS_MAX).flatMap((id) => explainEvents(ruleset, id, events, budget)),
  };
}

function viewMatch({ ruleId, title, level, sentence }: Match, index: number): TaskResults["try"]["matches"][number] {
  return { index, ruleId, title, level, sentence };
}

function measure(task: WorkerTask & { kind: "costs" }): TaskResults["costs"] {
  const events = task.bodies.map((row) => presentEvent(readStoredEvent(row)));
  return measureCosts(compileRules(task), events, systemClock);
}

async function replay(task: WorkerTask & { kind: "replay" }, port: MessagePort): Promise<void> {
  const whole = compileRules(task);
  const ruleset = task.ruleIds === null ? whole : whole.only(task.ruleIds);
  const asked = ruleset.rules.filter(({ id, alerts }) => alerts && (task.ruleIds?.includes(id) ?? true));
  const judge = new ReplayJudge(ruleset, task);
  const ready: ReplayReady = { windowMs: ruleset.windowMs, ruleIds: asked.map(({ id }) => id) };
  port.postMessage(ready);
  let tally = new ReplayTally({ ...task, rules: asked, alerts: [] });
  for (;;) {
    const message = await nextMessage<ReplayMessage>(port);
    if (message.kind === "end") break;
    if (message.kind === "alerts") {
      tally = new ReplayTally({ ...task, rules: asked, alerts: message.alerts });
      port.postMessage(null);
      continue;
    }
    let throughMs = 0;
    for (const row of message.bodies) throughMs = judge.judge(readStoredEvent(row), tally);
    const done: ReplayPageDone = { events: judge.events, matches: tally.matches, throughMs };
    port.postMessage(done);
  }
  judge.end(tally);
  const errors = whole.errors.map(({ file, line, column, message, remedy }) => ({
    file,
    line,
    column,
    message,
    remedy,
  }));
  port.postMessage({ ...tally.finish(), events: judge.events, errors });
  port.close();
}

/** Guarantee: `run-replay.ts` and `compiled-rules.ts` of this same build send nothing else. */
async function nextMessage<M extends ReplayMessage | WorkerQuestion>(port: MessagePort): Promise<M> {
  const [message]: unknown[] = await once(port, "message");
  return message as M;
}
