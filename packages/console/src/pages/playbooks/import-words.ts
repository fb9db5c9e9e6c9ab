import type { PlaybookImport } from "@firebreak/protocol";

type Became = PlaybookImport["lines"][number]["became"];

export const BECAME_WORDS = {
  playbook: "the playbook",
  phase: "a phase",
  heading: "a heading",
  step: "a step",
  decision: "a decision",
  note: "a note",
  contact: "a contact",
  severity: "a severity",
  contents: "the contents, left out",
  separator: "nothing: it only separates",
} as const satisfies Record<Became, string>;

/** @returns what the lines became, as a sentence's end */
export function sayBecame(lines: PlaybookImport["lines"][number]): string {
  const what = lines.understood ? BECAME_WORDS[lines.became] : "not understood";
  return [what, lines.step, lines.effector].filter((part) => part !== null).join(" · ");
}
