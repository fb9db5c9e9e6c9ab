import type { Code, CodeLine, Lines } from "./block.ts";
import { severityOf } from "./words.ts";

const BRANCHES_MAX = 20;
const LINES_MAX = 100;

export interface TreeBranch {
  readonly question: string;
  readonly answer: string;
  readonly severity: 1 | 2 | 3 | 4 | null;
  readonly lines: Lines;
}

const YES = /^\W{0,20}\byes\b\s*(?:→|->|=>|:|—|–|-)+>?\s*(.+)$/i;
const NO = /^\W{0,20}\bno\b\W{0,20}$/i;

/** A tree of yes-or-no questions drawn in text: `Is it …? YES → P0`. Null when the block is none. */
export function readDecisionTree({ lines }: Pick<Code, "lines">): readonly TreeBranch[] | null {
  const branches: TreeBranch[] = [];
  let asked: CodeLine[] = [];
  for (const entry of lines) {
    const text = entry.text.trim();
    if (text.length > 300) return null;
    if (text === "" || NO.test(text)) continue;
    const answer = YES.exec(text)?.[1]?.trim();
    if (answer === undefined) asked.push({ line: entry.line, text });
    else {
      const question = asked.map((one) => one.text).join(" ");
      const place = { from: asked[0]?.line ?? entry.line, to: entry.line };
      if (question !== "") branches.push({ question, answer, severity: severityOf(answer), lines: place });
      asked = [];
    }
  }
  const isTree = branches.length >= 2 && branches.length <= BRANCHES_MAX && asked.length <= 2;
  return isTree && lines.length <= LINES_MAX ? branches : null;
}
