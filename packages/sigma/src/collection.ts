import { RuleFault } from "./fault.ts";
import type { Cursor, RuleDocument } from "./yaml-cursor.ts";

/**
 * Applies the actions of a rule collection, document by document: `global` keeps a template that every rule after it is
 * laid over, `reset` forgets it, `repeat` is the previous rule with changes. Correlations and filters take no template.
 */
export function expandActions(documents: readonly RuleDocument[]): RuleDocument[] {
  let template: Cursor | undefined;
  let previous: Cursor | undefined;
  const expanded: RuleDocument[] = [];
  for (const document of documents) {
    if ("fault" in document) {
      expanded.push(document);
      continue;
    }
    try {
      const { root } = document;
      const action = readAction(root);
      if (action === "global") template = previous = root;
      else if (action === "reset") template = undefined;
      else if (action === "repeat") expanded.push({ root: (previous = repeat(root, previous)) });
      else if (isTemplated(root))
        expanded.push({ root: (previous = template === undefined ? root : root.over(template)) });
      else expanded.push(document);
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error;
      expanded.push({ fault: error });
    }
  }
  return expanded;
}

function readAction(root: Cursor): "global" | "reset" | "repeat" | undefined {
  const node = root.get("action");
  const action = node?.text("action");
  if (action === undefined || action === "global" || action === "reset" || action === "repeat") return action;
  return node?.fail(`"${action}" is not an action of a rule collection`, "use global, reset or repeat");
}

function repeat(root: Cursor, previous: Cursor | undefined): Cursor {
  return previous === undefined
    ? root.fail("there is no rule before it to repeat", "put `action: repeat` after a rule")
    : root.over(previous);
}

const isTemplated = (root: Cursor): boolean =>
  root.isMap && root.get("correlation") === undefined && root.get("filter") === undefined;
