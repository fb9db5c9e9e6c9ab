import { parseDuration } from "./duration.ts";
import type { AfterFailure, PlaybookDocument, Step } from "./format.ts";

/** One step in the order of execution. */
export interface PlannedStep {
  readonly id: string;
  readonly position: number;
  readonly phase: string;
  readonly step: Step;
  readonly timeBoxMs: number;
  readonly retryDelayMs: number;
  readonly retries: number;
  readonly onFailure: AfterFailure;
  readonly onTimeout: AfterFailure;
}

/** @returns the steps of every phase, in the order in which they run */
export function planSteps(document: PlaybookDocument): PlannedStep[] {
  const steps = document.phases.flatMap((phase) => phase.steps.map((step) => ({ phase: phase.id, step })));
  return steps.map(({ phase, step }, position) => ({
    id: step.id,
    position,
    phase,
    step,
    timeBoxMs: durationMs(step.timeBox),
    retryDelayMs: "retryDelay" in step ? durationMs(step.retryDelay) : 0,
    retries: "retries" in step ? step.retries : 0,
    onFailure: step.onFailure,
    onTimeout: step.onTimeout ?? step.onFailure,
  }));
}

/** The schema has checked the pattern before: a text that does not parse is a fault of ours. */
function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new TypeError(`not a duration: ${text}`);
  return ms;
}
