import type { RunView, StepView } from "@firebreak/protocol";
import type { ActLine } from "./acts-file.ts";
import { begunTimes, isOpen, previewOf } from "./trial.ts";
import type { Trial } from "./trial.ts";

/** @returns what of a run that has ended by itself must not be so */
export function judgeRun(trial: Trial, run: RunView, lines: readonly ActLine[]): string[] {
  const own = lines.filter(({ runId }) => runId === trial.runId);
  const actions = run.steps.filter(({ type }) => type === "action");
  return [
    ...(trial.isAborted ? [] : judgeEnd(trial, run)),
    ...run.steps.filter(isOpen).map(({ id, state }) => `${id} is left ${state}`),
    ...actions.flatMap((step) => judgeAction(trial, step, own)),
    ...judgeOrder(run, own),
    ...judgeRepeats(trial, own),
    ...own.filter(({ stepId }) => !run.steps.some(({ id }) => id === stepId)).map(({ stepId }) => `unknown ${stepId}`),
  ];
}

/** As it ends without anybody killing anything; who was denied something never ends as if it were done. */
function judgeEnd({ assignment }: Trial, run: RunView): string[] {
  const denied = run.steps.some(({ state }) => state === "denied");
  if (denied) return run.state === "completed" ? ["completed, though something was denied"] : [];
  if (assignment.denies && run.steps.some(({ approvalId }) => approvalId !== null)) return ["nothing is denied"];
  const wrong = run.steps.filter(({ state }) => state !== "succeeded" && state !== "skipped");
  const said = wrong.map(({ id, state, message }) => `${id} ${state}: ${message ?? ""}`);
  return run.state === "completed" ? said : [`ended ${run.state} (${run.reason ?? ""})`, ...said];
}

function judgeAction(trial: Trial, step: StepView, own: readonly ActLine[]): string[] {
  const { assignment, places, runId } = trial;
  const begun = begunTimes(own, runId, "apply", step.id);
  const happens = `${step.id} is ${step.state} and happened ${begun} times`;
  if (begun > step.attempts) return [`${happens} in ${step.attempts} attempts`];
  if (begun > 1 + places.length) return [happens];
  const effector = assignment.effectors.get(previewOf(trial, step.id)?.effector ?? "");
  const mayRepeat = effector?.onlyReads === true || (effector?.idempotent === true && !assignment.repeatsNothing);
  if (!mayRepeat && begun > 1) return [`${happens}, and must not twice`];
  switch (step.state) {
    case "succeeded":
    case "undone":
      return begun === 0 ? [happens] : [];
    case "skipped":
    case "denied":
    case "pending":
      return begun > 0 && step.reason !== "may_have_acted" ? [happens] : [];
    case "running":
    case "waiting":
    case "failed":
    case "timed_out":
    case "unverified":
    case "interrupted":
      return [];
    default:
      return step.state satisfies never;
  }
}

/** Among the steps of one list, what stands later begins later, also again. */
function judgeOrder(run: RunView, own: readonly ActLine[]): string[] {
  const faults: string[] = [];
  const last = new Map<string, { readonly id: string; readonly position: number }>();
  for (const { moment, verb, stepId } of own) {
    const step = run.steps.find(({ id }) => id === stepId);
    if (moment !== "begin" || verb !== "apply" || step === undefined) continue;
    const list = [step.parent, step.option, step.item].join(" ");
    const before = last.get(list);
    if (before && before.position > step.position) faults.push(`${step.id} acts after ${before.id}`);
    last.set(list, step);
  }
  return faults;
}

/** What was over when a process died did not happen again. */
export function judgeRepeats({ settled, runId }: Trial, own: readonly ActLine[]): string[] {
  return [...settled].flatMap(([what, times]) => {
    const [verb = "", stepId = ""] = what.split(" ");
    const begun = begunTimes(own, runId, verb, stepId);
    return begun === times ? [] : [`${what}: ${begun} times, though it was over after ${times}`];
  });
}
