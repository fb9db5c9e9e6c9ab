import { parseFieldKey, type FieldKey } from "./modifiers.ts";
import { allOf, anyOf, type FieldTable, type Predicate } from "./predicate.ts";
import { compileValue } from "./value-test.ts";
import type { Cursor, Entry } from "./yaml-cursor.ts";

const KEYWORDS: FieldKey = {
  field: "",
  kind: "equals",
  all: false,
  cased: false,
  regexFlags: { ignoreCase: false, multiline: false, dotAll: false },
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
export function compileSelection(node: Cursor, fields: FieldTable, budget: TestBudget): Predicate {
  if (node.isMap) return compileMap(node, fields, budget);
  if (node.isList) {
    const items = node.items();
    if (items.length === 0) node.fail("an empty list matches nothing", "write at least one item or remove it");
    return anyOf(items.map((item) => compileItem(item, fields, budget)));
  }
  return compileItem(node, fields, budget);
}

function compileItem(item: Cursor, fields: FieldTable, budget: TestBudget): Predicate {
  if (item.isMap) return compileMap(item, fields, budget);
  if (item.isList) return item.fail("a list directly inside a list has no meaning in Sigma", "write maps or values");
  budget.take(item);
  return compileValue(KEYWORDS, item, fields);
}

function compileMap(node: Cursor, fields: FieldTable, budget: TestBudget): Predicate {
  const entries = node.entries();
  if (entries.length === 0) node.fail("an empty map matches everything", "write at least one field");
  return allOf(entries.map((entry) => compileEntry(entry, fields, budget)));
}

function compileEntry(entry: Entry, fields: FieldTable, budget: TestBudget): Predicate {
  const key = parseFieldKey(entry.name, entry.key);
  if (entry.value.isMap) entry.value.fail("a map is no value for a field", "write values, or use dotted field names");
  if (!entry.value.isList) {
    budget.take(entry.value);
    return compileValue(key, entry.value, fields);
  }
  const items = entry.value.items();
  if (items.length === 0) entry.value.fail("an empty list matches nothing", "write at least one value");
  const parts = items.map((item) => {
    budget.take(item);
    return compileValue(key, item, fields);
  });
  return key.all ? allOf(parts) : anyOf(parts);
}
