import type { PlaybookStepType, PlaybookStepView } from "@firebreak/protocol";
import type { IconName } from "../../ui/icons.tsx";

interface StepTypeWord {
  readonly label: string;
  readonly icon: IconName;
  /** who or what does it */
  readonly by: "machine" | "person" | "flow";
}

export const STEP_TYPE_WORDS = {
  action: { label: "Acts", icon: "bolt", by: "machine" },
  verify: { label: "Verifies", icon: "shield", by: "machine" },
  manual: { label: "A person does it", icon: "person", by: "person" },
  approval: { label: "Asks for approval", icon: "check", by: "person" },
  decision: { label: "Decides", icon: "fork", by: "person" },
  parallel: { label: "At the same time", icon: "parallel", by: "flow" },
  "for-each": { label: "For each", icon: "loop", by: "flow" },
  wait: { label: "Waits", icon: "clock", by: "machine" },
  "sub-playbook": { label: "Another playbook", icon: "rules", by: "flow" },
} as const satisfies Record<PlaybookStepType, StepTypeWord>;

const PHASE_WORDS: Readonly<Record<string, string>> = {
  contain: "Contain",
  investigate: "Investigate",
  eradicate: "Eradicate",
  recover: "Recover",
  communicate: "Communicate",
  learn: "Learn",
};
export const sayPhase = (phase: string): string => PHASE_WORDS[phase] ?? phase;

const UNITS: Readonly<Record<string, string>> = {
  ms: "millisecond",
  s: "second",
  m: "minute",
  h: "hour",
  d: "day",
};

/** `10m` as "10 minutes"; what is no duration stays as it is. */
export function sayDuration(text: string): string {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ""];
  return match === null || unit === undefined ? text : `${match[1]} ${unit}${match[1] === "1" ? "" : "s"}`;
}

export const AFTER_FAILURE_WORDS = {
  stop: "nothing after it runs, and the run fails",
  continue: "the run goes on, and ends with exceptions at best",
  fail_at_end: "the run goes on, and ends failed",
} as const satisfies Record<PlaybookStepView["onFailure"], string>;
