import { compileDetection, type Detection } from "./detection.ts";
import type { RuleScope } from "./predicate.ts";
import { readLogsource } from "./rule-document.ts";
import type { Logsource } from "./types.ts";
import type { Cursor } from "./yaml-cursor.ts";

/** A condition that is added to other rules: they match only where it holds too. */
export interface Filter {
  readonly root: Cursor;
  readonly logsource: Logsource;
  /** References as written (id or name) with their places, or every rule of the logsource. */
  readonly rules: readonly { readonly reference: string; readonly node: Cursor }[] | "any";
  readonly predicate: Detection["predicate"];
}

export const isFilter = (root: Cursor): boolean => root.isMap && root.get("filter") !== undefined;

export function compileFilter(root: Cursor, scope: RuleScope): Filter {
  const node = root.get("filter") ?? root.fail("the filter is missing", "add `filter:`");
  if (root.get("title") === undefined) root.fail("the filter has no title", "add `title:`");
  const rules = node.get("rules") ?? node.fail("the filter names no rules", "list their ids or names, or write any");
  return {
    root,
    logsource: readLogsource(root),
    rules: readReferences(rules),
    predicate: compileDetection(node, scope, ["rules"]).predicate,
  };
}

function readReferences(node: Cursor): Filter["rules"] {
  if (!node.isList && node.text("rules").toLowerCase() === "any") return "any";
  const items = node.isList ? node.items() : [node];
  if (items.length === 0) node.fail("the filter names no rules", "list their ids or names, or write any");
  return items.map((item) => ({ reference: item.text("a rule reference"), node: item }));
}
