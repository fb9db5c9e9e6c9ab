import type { DrillRecord, RunView, StepView } from "@firebreak/protocol";
import { approvalView, runView } from "@firebreak/protocol";
import type { Facts } from "../fill-in.ts";
import { fillInAll } from "../fill-in.ts";
import type { DrillAnswer } from "../format.ts";
import type { SandboxApi } from "../sandbox/api.ts";
import type { Persons, Sandbox } from "../sandbox/open-sandbox.ts";
import { doDeed } from "./deeds.ts";
import { plainStepId } from "./step-id.ts";

export interface Answering {
  readonly answers: readonly DrillAnswer[];
  /** by step, the lines of its check-list */
  readonly checklists: Readonly<Record<string, readonly string[]>>;
  readonly facts: Facts;
  readonly persons: () => Promise<Persons>;
  readonly sandbox: Pick<Sandbox, "folder" | "start" | "startFirebreak">;
}

export interface Answerer {
  /** what was said so far */
  readonly given: DrillRecord["answers"];
  /** @returns the steps that wait for a person of whom the file says nothing */
  readonly answerWaiting: (run: RunView) => Promise<string[]>;
}

/** Answers what waits for a person, once each, as the drill's file says. */
export function createAnswerer(answering: Answering): Answerer {
  const given: DrillRecord["answers"] = [];
  const answered = new Set<string>();
  const answer = async (run: RunView, step: StepView): Promise<void> => {
    const say = findAnswer(answering.answers, step.id);
    if (say === undefined) return;
    answered.add(step.id);
    const persons = await answering.persons();
    const names = say.by === "both" ? (["first", "second"] as const) : [say.by];
    const { sandbox, facts } = answering;
    const done: string[] = [];
    for (const deed of say.does) done.push(await doDeed({ sandbox, persons, by: names[0], facts }, deed));
    for (const name of names) {
      const said = await sayIt(persons[name], answering, { run, step, say });
      given.push({ step: step.id, by: name, said: [`${said}: ${say.note}`, ...done].join("; ").slice(0, 2000) });
    }
  };
  return {
    given,
    answerWaiting: async (run) => {
      const waiting = run.steps.filter((step) => isAsking(step) && !answered.has(step.id));
      for (const step of waiting) await answer(run, step);
      return waiting.map(({ id }) => id).filter((id) => !answered.has(id));
    },
  };
}

/** Waits that end by themselves ask nobody. */
function isAsking({ state, reason }: StepView): boolean {
  const byItself = ["waiting_for_time", "waiting_for_condition", "waiting_for_signal"];
  return state === "waiting" && !byItself.includes(reason ?? "");
}

function findAnswer(answers: readonly DrillAnswer[], stepId: string): DrillAnswer | undefined {
  return answers.find(({ step }) => step === stepId) ?? answers.find(({ step }) => step === plainStepId(stepId));
}

interface Saying {
  readonly run: RunView;
  readonly step: StepView;
  readonly say: DrillAnswer;
}

/** @returns what was said, in a word */
async function sayIt(person: SandboxApi, answering: Answering, { run, step, say }: Saying): Promise<string> {
  if (step.approvalId !== null) return answerApproval(person, step.approvalId, say);
  const body = {
    note: say.note,
    result: say.result,
    checked: say.ticks ?? answering.checklists[plainStepId(step.id)] ?? [],
    captured: fillInAll(say.captures, answering.facts),
    ...(say.option === undefined ? {} : { option: say.option }),
  };
  await person.post(runView, `/runs/${run.id}/steps/${encodeURIComponent(step.id)}/complete`, body);
  return say.option ?? say.result;
}

/** A person sees the question with its digest, and answers just that. */
async function answerApproval(person: SandboxApi, id: string, say: DrillAnswer): Promise<string> {
  const question = await person.get(approvalView, `/approvals/${id}`);
  const body = {
    answer: say.decision,
    reason: say.note,
    digest: question.digest,
    checked: say.ticks ?? question.checklist,
  };
  await person.post(approvalView, `/approvals/${id}/answer`, body);
  return say.decision;
}
