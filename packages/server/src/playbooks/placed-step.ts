import type { PlaybookDocument, Step } from "./format.ts";

/** A step and where it stands in the file. */
export interface PlacedStep {
  readonly step: Step;
  readonly phase: string;
  readonly path: readonly (string | number)[];
}

export function placeSteps(document: PlaybookDocument): PlacedStep[] {
  return document.phases.flatMap((phase, phaseIndex) =>
    phase.steps.map((step, index) => ({ step, phase: phase.id, path: ["phases", phaseIndex, "steps", index] })),
  );
}
