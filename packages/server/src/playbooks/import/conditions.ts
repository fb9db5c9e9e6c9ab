import type { Block, ListItem, Prose } from "./block.ts";
import type { DraftOption, DraftStep } from "./draft.ts";
import type { Lines } from "./block.ts";

/** "If X: do Y", taken apart. */
export interface Conditional {
  readonly condition: string;
  readonly rest: string;
}

const IF = /^((?:if|when|in case(?: of)?)\s(?:[^:→;()]|\([^()]{0,100}\)){2,200}?)\s*(?::|→|->|;|,\s)\s*([\s\S]*)$/i;
const FOR =
  /^(for\s[^:.()]{3,80}\b(?:issues?|incidents?|problems?|cases?|systems?|failures?|errors?|outages?|attacks?|alerts?)\s*(?:\([^()]{0,100}\))?[^:.()]{0,40}):\s*$/i;

/** @returns the condition that the text begins with; null when it has none */
export function conditionalOf(text: string): Conditional | null {
  const line = text
    .slice(0, 2000)
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
  const found = IF.exec(line) ?? FOR.exec(line);
  if (found?.[1] === undefined) return null;
  return { condition: found[1].trim(), rest: (found[2] ?? "").trim() };
}

/** The condition as a title of what is done then: "The store is full". */
export function titleOfCondition(condition: string): string {
  const bare = condition.replace(/^(?:if|when|in case(?: of)?|for)\s+/i, "");
  return bare.slice(0, 1).toUpperCase() + bare.slice(1);
}

export function firstProse(blocks: readonly Block[]): Prose | null {
  const [first] = blocks;
  return first?.kind === "paragraph" ? first : null;
}

export const conditionOfItem = (item: ListItem): Conditional | null => {
  const prose = firstProse(item.blocks);
  return prose === null ? null : conditionalOf(prose.text);
};

const NONE: DraftOption = { label: "None of these", severity: null, steps: [] };
const NO: DraftOption = { label: "No", severity: null, steps: [] };

/** A question to a person with one option for each condition, and one for when none holds. */
export function decide(
  title: string,
  lines: readonly Lines[],
  options: readonly DraftOption[],
  seconds: number | null,
): DraftStep {
  const question =
    options.length === 1 ? `Does this hold: ${options[0]?.label ?? ""}?` : `${title}: which of these holds?`;
  const all = [...options.slice(0, 19), options.length === 1 ? NO : NONE];
  return { title, lines, seconds: seconds ?? 900, note: null, content: { type: "decision", question, options: all } };
}
