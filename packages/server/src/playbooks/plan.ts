import { readAsks } from "./asks.ts";
import type { StepAsks } from "./asks.ts";
import { parseDuration } from "./duration.ts";
import type { AfterFailure, PlaybookDocument, Step } from "./format.ts";
import { listsWithin } from "./placed-step.ts";

/** One step of a playbook, also one within another. */
export interface PlannedStep {
  readonly id: string;
  /** in the order of the file */
  readonly position: number;
  readonly phase: string;
  /** the id of the step it stands in */
  readonly parent: string | null;
  /** the option or branch it stands in */
  readonly slot: string | null;
  /** in how many for-each steps it stands */
  readonly loops: number;
  readonly step: Step;
  readonly timeBoxMs: number;
  readonly retryDelayMs: number;
  readonly retries: number;
  readonly onFailure: AfterFailure;
  readonly onTimeout: AfterFailure;
  /** of whom it asks something, or null */
  readonly asks: StepAsks | null;
}

/** @returns every step, also those within steps, in the order of the file */
export function planSteps(document: PlaybookDocument): PlannedStep[] {
  const planned: PlannedStep[] = [];
  const add = (steps: readonly Step[], at: Pick<PlannedStep, "phase" | "parent" | "slot" | "loops">): void => {
    for (const step of steps) {
      planned.push(planStep(step, planned.length, at, document.roles));
      const loops = at.loops + (step.type === "for-each" ? 1 : 0);
      for (const list of listsWithin(step)) {
        add(list.steps, { phase: at.phase, parent: step.id, slot: list.slot, loops });
      }
    }
  };
  for (const phase of document.phases) add(phase.steps, { phase: phase.id, parent: null, slot: null, loops: 0 });
  return planned;
}

function planStep(
  step: Step,
  position: number,
  at: Pick<PlannedStep, "phase" | "parent" | "slot" | "loops">,
  roles: PlaybookDocument["roles"],
): PlannedStep {
  return {
    ...at,
    id: step.id,
    position,
    step,
    timeBoxMs: durationMs(step.timeBox),
    retryDelayMs: "retryDelay" in step ? durationMs(step.retryDelay) : 0,
    retries: "retries" in step ? step.retries : 0,
    onFailure: step.onFailure,
    onTimeout: step.onTimeout ?? step.onFailure,
    asks: readAsks(roles, step),
  };
}

/** The schema has checked the pattern before: a text that does not parse is a fault of ours. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new TypeError(`not a duration: ${text}`);
  return ms;
}
