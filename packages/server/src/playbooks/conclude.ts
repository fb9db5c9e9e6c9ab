import type { StepFacts } from "./facts.ts";
import { isFailure, isPlannedSkip, runReasonOf } from "./reasons.ts";
import type { EndedRunState, RunReason } from "./reasons.ts";

export interface Conclusion {
  readonly state: EndedRunState;
  readonly reason: RunReason | null;
}

interface Exception {
  readonly reason: RunReason;
  readonly fatal: boolean;
}

/**
 * `completed` needs every step to have succeeded, also those within steps; only what the playbook itself leaves out, and
 * a step that is not required, may be skipped. Everything else is said: `failed` when a step stopped the run or says so,
 * when nothing succeeded, or when something is still open.
 */
export function conclude(steps: readonly StepFacts[]): Conclusion {
  const exceptions = steps.flatMap((step) => exceptionsOf(step, true));
  const [first] = exceptions;
  if (!first) return { state: "completed", reason: null };
  const fatal = exceptions.find((exception) => exception.fatal);
  if (fatal) return { state: "failed", reason: fatal.reason };
  if (!steps.some(hasSucceeded)) return { state: "failed", reason: "nothing_succeeded" };
  return { state: "completed_with_exceptions", reason: first.reason };
}

/** @param stopIsFatal whether `stop` of this step stops the run: not when a step around it says to go on */
function exceptionsOf(step: StepFacts, stopIsFatal: boolean): Exception[] {
  // who passes over a step passes over what stands within it
  if (step.state === "skipped") return exceptionOf(step) === null ? [] : [{ reason: "step_skipped", fatal: false }];
  const fatal = isFatal(step, stopIsFatal);
  const within = step.lists.flat().flatMap((one) => exceptionsOf(one, isFailure(step.state) ? fatal : stopIsFatal));
  // what failed within says more than that something within has failed
  if (step.reason === "failed_within" && within.some((one) => one.fatal === fatal)) return within;
  const reason = exceptionOf(step);
  return reason === null ? within : [{ reason, fatal }, ...within];
}

function exceptionOf(step: StepFacts): RunReason | null {
  const { state, reason, required } = step;
  if (state === "succeeded") return null;
  if (isFailure(state)) return runReasonOf(state);
  if (state === "interrupted") return "interrupted_step";
  if (state === "skipped" && (isPlannedSkip(reason) || !required)) return null;
  return "step_skipped";
}

function isFatal(step: StepFacts, stopIsFatal: boolean): boolean {
  if (!isFailure(step.state)) return step.state !== "succeeded" && step.state !== "skipped";
  const policy = step.state === "timed_out" ? step.onTimeout : step.onFailure;
  return policy === "fail_at_end" || (policy === "stop" && stopIsFatal);
}

function hasSucceeded(step: StepFacts): boolean {
  const within = step.lists.flat();
  return within.length === 0 ? step.state === "succeeded" : within.some(hasSucceeded);
}
