import type { Lines } from "./block.ts";
import type { Contact, SeverityRow } from "./contacts.ts";
import type { PhaseId } from "./words.ts";

/** A step that has no id yet: ids are given when the whole playbook is known. */
export interface DraftStep {
  readonly title: string;
  /** every line of the source that went into it */
  readonly lines: readonly Lines[];
  readonly seconds: number;
  /** for the report: what a reader must know of how it came to be */
  readonly note: string | null;
  readonly content: DraftContent;
}

export type DraftContent =
  | {
      readonly type: "action";
      readonly effector: string;
      readonly with: Readonly<Record<string, unknown>>;
      readonly isApproved: boolean;
      readonly undo: "auto" | "none";
    }
  | {
      readonly type: "verify";
      readonly effector: string;
      readonly with: Readonly<Record<string, unknown>>;
      readonly expect: string;
    }
  | {
      readonly type: "manual";
      readonly instructions: string;
      readonly checklist: readonly string[];
      readonly questions: readonly string[];
      readonly isRequired: boolean;
    }
  | { readonly type: "wait" }
  | { readonly type: "decision"; readonly question: string; readonly options: readonly DraftOption[] };

export interface DraftOption {
  readonly label: string;
  readonly severity: 1 | 2 | 3 | 4 | null;
  readonly steps: readonly DraftStep[];
}

/** A text that is kept in the description of the playbook. */
export interface DraftNote extends Lines {
  readonly heading: string;
  readonly text: string;
}

export interface DraftPhase {
  readonly id: PhaseId;
  readonly seconds: number | null;
  readonly steps: readonly DraftStep[];
}

export interface DraftInput {
  readonly type: "string" | "number";
  readonly description: string;
  readonly default: string | null;
}

export interface DraftPlaybook {
  readonly title: string;
  readonly lines: Lines;
  readonly about: readonly DraftNote[];
  readonly phases: readonly DraftPhase[];
  readonly inputs: ReadonlyMap<string, DraftInput>;
  readonly contacts: readonly Contact[];
  readonly severities: readonly SeverityRow[];
}

export const MANUAL_SECONDS = 1800;

export function manualStep(
  title: string,
  lines: readonly Lines[],
  instructions: string,
  more: { checklist?: readonly string[]; questions?: readonly string[]; seconds?: number; note?: string } = {},
): DraftStep {
  const { checklist = [], questions = [], seconds = MANUAL_SECONDS, note = null } = more;
  const content = { type: "manual" as const, instructions, checklist, questions, isRequired: true };
  return { title, lines, seconds, note, content };
}
