import type { PlaybookDocument, Step } from "./format.ts";

/** A step and where it stands in the file. */
export interface PlacedStep {
  readonly step: Step;
  readonly phase: string;
  readonly path: readonly (string | number)[];
}

/** @returns every step, also those within steps, in the order of the file */
export function placeSteps(document: Pick<PlaybookDocument, "phases">): PlacedStep[] {
  return document.phases.flatMap((phase, index) => placeList(phase.steps, phase.id, ["phases", index, "steps"]));
}

function placeList(steps: readonly Step[], phase: string, at: PlacedStep["path"]): PlacedStep[] {
  return steps.flatMap((step, index) => {
    const path = [...at, index];
    const within = listsWithin(step).flatMap((list) => placeList(list.steps, phase, [...path, ...list.path]));
    return [{ step, phase, path }, ...within];
  });
}

interface ListWithin {
  readonly steps: readonly Step[];
  readonly path: readonly (string | number)[];
  /** the option or branch that it belongs to */
  readonly slot: string | null;
}

/** The lists of steps within a step, and where they stand in it. */
export function listsWithin(step: Step): ListWithin[] {
  switch (step.type) {
    case "approval":
      return [{ steps: step.steps ?? [], path: ["steps"], slot: null }];
    case "for-each":
      return [{ steps: step.steps, path: ["steps"], slot: null }];
    case "decision":
      return step.options.map(({ id, steps = [] }, index) => ({ steps, path: ["options", index, "steps"], slot: id }));
    case "parallel":
      return step.branches.map(({ id, steps }, index) => ({ steps, path: ["branches", index, "steps"], slot: id }));
    case "action":
    case "verify":
    case "manual":
    case "wait":
    case "sub-playbook":
      return [];
    default:
      return step satisfies never;
  }
}
