import { parseFieldKey, type FieldKey } from "./modifiers.ts";
import { allOf, anyOf, type Predicate, type RuleScope } from "./predicate.ts";
import { compileValue } from "./value-test.ts";
import type { Cursor, Entry } from "./yaml-cursor.ts";

const KEYWORDS: FieldKey = {
  field: "",
  kind: "equals",
  all: false,
  cased: false,
  regexFlags: { ignoreCase: false, multiline: false, dotAll: false },
  negated: false,
  fieldref: false,
  expand: false,
  windash: false,
  charset: undefined,
  base64: undefined,
  timePart: undefined,
  modifier: "keyword",
};

/** Counts the tests of one rule, so that a small file (YAML aliases) cannot expand into an enormous rule. */
export class TestBudget {
  #left = 50_000;

  take(at: Cursor): void {
    this.#left -= 1;
    if (this.#left < 0) at.fail("the rule has more than 50000 tests", "split it into several rules");
  }
}

/** One search identifier: a map (AND), a list of maps (OR), or keywords. */
export function compileSelection(node: Cursor, scope: RuleScope, budget: TestBudget): Predicate {
  if (node.isMap) return compileMap(node, scope, budget);
  if (node.isList) {
    const items = node.items();
    if (items.length === 0) node.fail("an empty list matches nothing", "write at least one item or remove it");
    return anyOf(items.map((item) => compileItem(item, scope, budget)));
  }
  return compileItem(node, scope, budget);
}

function compileItem(item: Cursor, scope: RuleScope, budget: TestBudget): Predicate {
  if (item.isMap) return compileMap(item, scope, budget);
  if (item.isList) return item.fail("a list directly inside a list has no meaning in Sigma", "write maps or values");
  budget.take(item);
  return compileValue(KEYWORDS, item, scope);
}

function compileMap(node: Cursor, scope: RuleScope, budget: TestBudget): Predicate {
  const entries = node.entries();
  if (entries.length === 0) node.fail("an empty map matches everything", "write at least one field");
  return allOf(entries.map((entry) => compileEntry(entry, scope, budget)));
}

function compileEntry(entry: Entry, scope: RuleScope, budget: TestBudget): Predicate {
  const key = parseFieldKey(entry.name, entry.key);
  if (entry.value.isMap) entry.value.fail("a map is no value for a field", "write values, or use dotted field names");
  const predicate = compileValues(key, entry, scope, budget);
  return key.negated ? { kind: "not", part: predicate } : predicate;
}

function compileValues(key: FieldKey, entry: Entry, scope: RuleScope, budget: TestBudget): Predicate {
  if (!entry.value.isList) {
    budget.take(entry.value);
    return compileValue(key, entry.value, scope);
  }
  const items = entry.value.items();
  if (items.length === 0) entry.value.fail("an empty list matches nothing", "write at least one value");
  const parts = items.map((item) => {
    budget.take(item);
    return compileValue(key, item, scope);
  });
  return key.all ? allOf(parts) : anyOf(parts);
}
