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
    else kept[kept.length - 1] = isSecret(finding) && !isSecret(last) ? finding : withEnd(last, finding);
  }
  return kept;
}

const isSecret = ({ category }: Finding) => category === "KEY" || category === "PWD";

/** Two secrets leave nothing between them; personal data behind a secret stays what it is not. */
function withEnd(last: Finding, next: Finding): Finding {
  return isSecret(last) === isSecret(next) && next.end > last.end ? { ...last, end: next.end } : last;
}
