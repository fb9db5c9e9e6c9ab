import type { RunState, StepState } from "@firebreak/protocol";
import type { EffectorReason } from "../containment/index.ts";

/** Why a step is in its state, beside the reasons an effector gives. */
export const STEP_REASONS = [
  "time_box",
  "condition_false",
  "not_chosen",
  "condition_failed",
  "interrupted",
  "unresolved_reference",
  "invalid_parameters",
  "effector_missing",
  "effector_threw",
  "nothing_to_verify",
  "waiting_for_person",
  "waiting_for_time",
  "waiting_for_condition",
  "waiting_for_signal",
  "failed_within",
  "secret_missing",
  "done_by_person",
  "refused_by_person",
  "skipped_by_person",
  "waiting_for_approval",
  "approved",
  "approval_denied",
  "approval_expired",
  "approval_mismatch",
  "approval_not_asked",
  "may_have_acted",
  "observed",
  "retried_by_person",
  "earlier_step_failed",
  "run_aborted",
  "undoing",
  "nothing_to_undo",
  "undo_failed",
  "undo_not_possible",
] as const;
export type StepReason = (typeof STEP_REASONS)[number] | EffectorReason;

/** Why a run waits or how it ended; `completed` needs no reason. */
/** Why a step may be skipped without its run being less than completed. */
const PLANNED_SKIPS: readonly (string | null)[] = ["condition_false", "not_chosen"];

/** @returns whether the playbook itself says that the step is not for this run */
export function isPlannedSkip(reason: string | null): boolean {
  return PLANNED_SKIPS.includes(reason);
}

export const RUN_REASONS = [
  "paused",
  "locked",
  "manual_step",
  "interrupted_step",
  "decision",
  "approval",
  "wait",
  "output_failed",
  "step_failed",
  "step_denied",
  "step_timed_out",
  "step_unverified",
  "step_skipped",
  "nothing_succeeded",
  "playbook_unreadable",
  "aborted_by_person",
  "undoing",
  "undone_by_person",
  "phase_undone",
  "undo_incomplete",
] as const;
export type RunReason = (typeof RUN_REASONS)[number];

export const ENDED_RUN_STATES = [
  "completed",
  "completed_with_exceptions",
  "failed",
  "aborted",
  "observed",
] as const satisfies readonly RunState[];
export type EndedRunState = (typeof ENDED_RUN_STATES)[number];

export function isEndedRun(state: RunState): state is EndedRunState {
  return ENDED_RUN_STATES.some((ended) => ended === state);
}

/** Step states that are neither success nor still open: each is an exception in its run. */
export const FAILURE_STATES = ["failed", "denied", "timed_out", "unverified"] as const satisfies readonly StepState[];
export type FailureState = (typeof FAILURE_STATES)[number];

export function isFailure(state: StepState): state is FailureState {
  return FAILURE_STATES.some((failure) => failure === state);
}

/** @returns the state of a step whose effector gave that reason */
export function stateOfFailure(reason: StepReason): FailureState {
  if (reason === "denied" || reason === "unverified" || reason === "timed_out") return reason;
  return "failed";
}

/** @returns the run's reason for a step that did not succeed */
export function runReasonOf(state: FailureState): RunReason {
  return `step_${state}`;
}
