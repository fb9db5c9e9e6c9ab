import type { RedactionCategory } from "@firebreak/protocol";

/** A stretch of text that is a secret or tells of a person. `type` names the format: `github_token`, `email`. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly category: RedactionCategory;
  readonly type: string;
}

/** Takes findings in any order. */
export type Report = (start: number, end: number, category: RedactionCategory, type: string) => void;

/**
 * @returns the findings in order; those that overlap become one, of the kind that is a secret, else begins first, else
 *   is longer
 */
export function withoutOverlaps(findings: Finding[]): Finding[] {
  if (findings.length < 2) return findings;
  findings.sort((left, right) => left.start - right.start || right.end - left.end);
  const kept: Finding[] = [];
  for (const finding of findings) {
    const last = kept.at(-1);
    if (last === undefined || finding.start >= last.end) kept.push(finding);
    else kept[kept.length - 1] = isSecret(finding) && !isSecret(last) ? finding : merge(last, finding);
  }
  return kept;
}

const isSecret = ({ category }: Finding) => category === "KEY" || category === "PWD";

/** Types that say how something was found and not what it is. */
const VAGUE: ReadonlySet<string> = new Set(["named_secret", "bearer_token", "password"]);

/** @returns whether only what stands before the finding makes it one */
export function isVague({ type }: Finding): boolean {
  return VAGUE.has(type);
}

/** Two secrets leave nothing between them and are called by the better name; personal data behind a secret is left. */
function merge(last: Finding, next: Finding): Finding {
  if (isSecret(last) !== isSecret(next)) return last;
  const { category, type } = isVague(last) && !isVague(next) ? next : last;
  return { start: last.start, end: Math.max(last.end, next.end), category, type };
}
