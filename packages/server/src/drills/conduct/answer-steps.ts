import type { DrillRecord, RunView, StepView } from "@firebreak/protocol";
import { runView } from "@firebreak/protocol";
import type { DrillAnswer } from "../format.ts";
import type { Persons } from "../sandbox/open-sandbox.ts";

type Given = DrillRecord["answers"];

/** Answers what waits for a person, once each, as the drill's file says. */
export function createAnswerer(answers: readonly DrillAnswer[], persons: () => Promise<Persons>) {
  const given: Given[number][] = [];
  const answered = new Set<string>();
  const answer = async (run: RunView, step: StepView): Promise<void> => {
    const say = answers.find((one) => one.step === step.id || step.id.endsWith(`/${one.step}`));
    if (say === undefined) return;
    answered.add(step.id);
    const person = (await persons())[say.by];
    const body = { note: say.note, result: say.result };
    await person.post(runView, `/runs/${run.id}/steps/${encodeURIComponent(step.id)}/complete`, body);
    given.push({ step: step.id, by: say.by, said: `${say.result}: ${say.note}` });
  };
  return {
    given,
    /** @returns the steps that wait for a person of whom the file says nothing */
    answerWaiting: async (run: RunView): Promise<string[]> => {
      const waiting = run.steps.filter(({ id, state }) => state === "waiting" && !answered.has(id));
      for (const step of waiting) await answer(run, step);
      return waiting.map(({ id }) => id).filter((id) => !answered.has(id));
    },
  };
}
