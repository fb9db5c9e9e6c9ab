import { STEPS_MAX } from "../format.ts";
import type { DraftPhase, DraftPlaybook, DraftStep } from "./draft.ts";

/** Room for steps that are added: texts in several pieces, and notes to read. */
const STEPS_AT_MOST = STEPS_MAX - 20;
/** Characters of text in one playbook, well below what its file may have. */
const TEXT_AT_MOST = 100_000;

/** A playbook with more steps than one may have, as several that follow each other. */
export function splitLong(playbook: DraftPlaybook): readonly DraftPlaybook[] {
  const placed = playbook.phases.flatMap((phase) => phase.steps.map((step) => ({ phase, step })));
  const parts: { phase: DraftPhase; step: DraftStep }[][] = [[]];
  let count = 0;
  let length = 0;
  for (const one of placed) {
    const steps = countSteps(one.step);
    const text = lengthOf(one.step);
    if (count > 0 && (count + steps > STEPS_AT_MOST || length + text > TEXT_AT_MOST)) {
      parts.push([]);
      count = 0;
      length = 0;
    }
    parts.at(-1)?.push(one);
    count += steps;
    length += text;
  }
  if (parts.length === 1) return [playbook];
  return parts.map((steps, index) => ({
    ...playbook,
    title: `${playbook.title.slice(0, 150)} (part ${index + 1} of ${parts.length})`,
    about: index === 0 ? playbook.about : [],
    phases: playbook.phases.flatMap((phase): DraftPhase[] => {
      const own = steps.flatMap((one) => (one.phase === phase ? [one.step] : []));
      return own.length === 0 ? [] : [{ ...phase, steps: own }];
    }),
  }));
}

function countSteps({ content }: DraftStep): number {
  if (content.type === "manual") return Math.ceil((content.instructions.length + 1) / 7000);
  if (content.type !== "decision") return 1;
  return 1 + sum(content.options.flatMap((option) => option.steps.map(countSteps)));
}

function lengthOf({ title, content }: DraftStep): number {
  if (content.type === "manual")
    return title.length + content.instructions.length + sum(content.checklist.map((one) => one.length));
  if (content.type !== "decision") return title.length + 500;
  return (
    content.question.length +
    sum(content.options.flatMap((option) => [option.label.length, ...option.steps.map(lengthOf)]))
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
