import type { StepState } from "@firebreak/protocol";
import type { AfterFailure } from "./format.ts";
import { isFailure, isPlannedSkip, runReasonOf } from "./reasons.ts";
import type { EndedRunState, FailureState, RunReason } from "./reasons.ts";

/** What the decision needs to know of a step: what the playbook says and what the journal says. */
export interface StepFacts {
  readonly id: string;
  readonly type: string;
  readonly required: boolean;
  readonly onFailure: AfterFailure;
  readonly onTimeout: AfterFailure;
  readonly state: StepState;
  readonly reason: string | null;
}

export interface Conclusion {
  readonly state: EndedRunState;
  readonly reason: RunReason | null;
}

export type Move =
  | { readonly kind: "begin"; readonly stepId: string }
  | { readonly kind: "recover"; readonly stepId: string }
  | { readonly kind: "wait"; readonly reason: "manual_step" | "interrupted_step" }
  | { readonly kind: "conclude"; readonly conclusion: Conclusion };

/**
 * The next thing to do in a run that nobody aborts, from its journal alone: a crash changes nothing in what follows.
 * `recover` is a step that was running when its executor died.
 */
export function nextMove(steps: readonly StepFacts[]): Move {
  for (const step of steps) {
    if (step.state === "pending") return { kind: "begin", stepId: step.id };
    if (step.state === "running") return { kind: "recover", stepId: step.id };
    if (step.state === "waiting") return { kind: "wait", reason: "manual_step" };
    if (step.state === "interrupted") return { kind: "wait", reason: "interrupted_step" };
    if (isFailure(step.state) && policyOf(step, step.state) === "stop") break;
  }
  return { kind: "conclude", conclusion: conclude(steps) };
}

function policyOf(step: StepFacts, state: FailureState): AfterFailure {
  return state === "timed_out" ? step.onTimeout : step.onFailure;
}

/**
 * `completed` needs every step to have succeeded; only a step that is not required may be skipped. Everything else is
 * said: `failed` when a step stopped the run or says so, when nothing succeeded, or when something is still open.
 */
export function conclude(steps: readonly StepFacts[]): Conclusion {
  const exceptions = steps.flatMap((step) => {
    const reason = exceptionOf(step);
    return reason === null ? [] : [{ reason, fatal: isFatal(step) }];
  });
  const [first] = exceptions;
  if (!first) return { state: "completed", reason: null };
  const fatal = exceptions.find((exception) => exception.fatal);
  if (fatal) return { state: "failed", reason: fatal.reason };
  if (!steps.some((step) => step.state === "succeeded")) return { state: "failed", reason: "nothing_succeeded" };
  return { state: "completed_with_exceptions", reason: first.reason };
}

function exceptionOf(step: StepFacts): RunReason | null {
  if (step.state === "succeeded") return null;
  if (isFailure(step.state)) return runReasonOf(step.state);
  if (step.state === "skipped" && isPlannedSkip(step.reason)) return null;
  return step.state === "skipped" && !step.required ? null : "step_skipped";
}

function isFatal(step: StepFacts): boolean {
  if (isFailure(step.state)) return policyOf(step, step.state) !== "continue";
  return step.state !== "succeeded" && step.state !== "skipped";
}
