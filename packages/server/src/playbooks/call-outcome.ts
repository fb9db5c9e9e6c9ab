import type { EffectorOutput } from "../containment/index.ts";
import type { StepReason } from "./reasons.ts";

/** What came of a step's call: what an effector says, or what a condition over it says. */
export type CallOutcome =
  | { readonly ok: true; readonly output: EffectorOutput; readonly message: string }
  | {
      readonly ok: false;
      readonly reason: StepReason;
      readonly message: string;
      readonly output?: EffectorOutput;
    };
