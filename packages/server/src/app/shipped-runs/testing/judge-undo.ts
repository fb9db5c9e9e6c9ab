import type { RunView, StepView } from "@firebreak/protocol";
import type { ActLine } from "./acts-file.ts";
import { judgeRepeats } from "./judge-run.ts";
import { begunTimes, isOpen, previewOf } from "./trial.ts";
import type { Trial } from "./trial.ts";

/** @returns what must not be so of a run that was taken back, as a whole or one phase of it */
export function judgeUndo(trial: Trial, run: RunView, lines: readonly ActLine[]): string[] {
  const own = lines.filter(({ runId }) => runId === trial.runId);
  const actions = run.steps.filter(({ type, phase }) => type === "action" && (trial.phase ?? phase) === phase);
  return [
    ...run.steps
      .filter(isOpen)
      .flatMap((step) => (step.state === "interrupted" ? [] : [`${step.id} left ${step.state}`])),
    ...actions.flatMap((step) => judgeStep(trial, step, own)),
    ...judgeOtherPhases(trial, run, own),
    ...judgeReverse(own),
    ...judgeRepeats(trial, own),
    ...judgeReason(trial, run, actions),
  ];
}

/** What was said before the run began and what could be taken back are one. */
function judgeStep(trial: Trial, step: StepView, own: readonly ActLine[]): string[] {
  const { places, runId } = trial;
  const preview = previewOf(trial, step.id);
  if (preview === undefined) return [`${step.id} stood in no preview`];
  const undone = begunTimes(own, runId, "undo", step.id);
  const said = `${step.id} (${preview.effector ?? ""}, undo ${preview.undo ?? ""}) is ${step.state}, ${undone} times undone`;
  if (undone > 1 + places.length) return [said];
  if (preview.stays !== null) return undone > 0 ? [`${said}, but it was said: ${preview.stays}`] : [];
  const reads = preview.undo === "none" || begunTimes(own, runId, "apply", step.id) === 0;
  if (reads) return undone > 0 && step.state !== "undone" ? [said] : [];
  const isKnown = step.state === "undone" ? undone > 0 : step.reason === "undo_not_possible";
  return isKnown ? [] : [said];
}

function judgeOtherPhases({ phase, runId }: Trial, run: RunView, own: readonly ActLine[]): string[] {
  if (phase === null) return [];
  const others = run.steps.filter((step) => step.phase !== phase && begunTimes(own, runId, "undo", step.id) > 0);
  return others.map(({ id }) => `${id} is undone, in another phase than ${phase}`);
}

/** The last that acted is undone first. */
function judgeReverse(own: readonly ActLine[]): string[] {
  const begun = (verb: string) => own.filter((line) => line.moment === "begin" && line.verb === verb);
  const acted = begun("apply").map(({ stepId }) => stepId);
  const order = begun("undo").map(({ stepId }) => acted.lastIndexOf(stepId));
  const isReverse = order.every((place, index) => index === 0 || place <= (order[index - 1] ?? 0));
  return isReverse
    ? []
    : [
        `undone in the order ${begun("undo")
          .map(({ stepId }) => stepId)
          .join(", ")}`,
      ];
}

function judgeReason({ phase, isAborted }: Trial, run: RunView, actions: readonly StepView[]): string[] {
  const unknown = actions.some(({ reason }) => reason === "undo_not_possible" || reason === "undo_failed");
  const whole = isAborted ? "aborted_by_person" : "undone_by_person";
  const expected = unknown ? "undo_incomplete" : phase === null ? whole : "phase_undone";
  return run.reason === expected ? [] : [`ended ${run.state} because ${run.reason ?? "of nothing"}, not ${expected}`];
}
