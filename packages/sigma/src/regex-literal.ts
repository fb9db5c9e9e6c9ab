import type { RegexNode } from "./regex-parse.ts";
import { foldText } from "./text.ts";

/**
 * The longest text that every match contains, folded, or undefined when there is none worth having. Cheap and
 * incomplete: alternatives and optional parts only interrupt the search.
 */
export function requiredLiteral(root: RegexNode): string | undefined {
  const runs: string[] = [""];
  collectRuns(root, runs);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  return longest.length >= 2 ? foldText(longest) : undefined;
}

function collectRuns(node: RegexNode, runs: string[]): void {
  switch (node.kind) {
    case "sequence":
      for (const part of node.parts) collectRuns(part, runs);
      return;
    case "chars":
      // Case folding beyond ASCII differs between patterns and plain texts, so such characters end a run.
      if (node.literal !== undefined && node.literal.charCodeAt(0) < 128) runs[runs.length - 1] += node.literal;
      else runs.push("");
      return;
    case "repeat":
      runs.push("");
      if (node.min >= 1) {
        collectRuns(node.part, runs);
        runs.push("");
      }
      return;
    case "choice":
      runs.push("");
      return;
    case "assert":
    case "empty":
      return;
  }
}
