import { suggest } from "./nearest.ts";
import { ConditionFault, parseCondition, selectNames, type Condition } from "./condition.ts";
import { allOf, anyOf, type Predicate, type RuleScope } from "./predicate.ts";
import { compileSelection, TestBudget } from "./selection.ts";
import type { Cursor } from "./yaml-cursor.ts";

export interface NamedSelection {
  readonly name: string;
  readonly predicate: Predicate;
}

/** The `detection` part of a rule. Names of selections and the conditions as written are kept for explanations. */
export interface Detection {
  readonly selections: readonly NamedSelection[];
  /** One of them must hold. */
  readonly conditions: readonly Condition[];
  readonly predicate: Predicate;
}

/** @param skip keys that are no selections */
export function compileDetection(node: Cursor, scope: RuleScope, skip: readonly string[] = []): Detection {
  const budget = new TestBudget();
  const selections: NamedSelection[] = [];
  let condition: Cursor | undefined;
  for (const { name, key, value } of node.entries()) {
    if (skip.includes(name)) continue;
    if (name === "condition") condition = value;
    else if (name === "timeframe") {
      key.fail("timeframe belongs to Sigma version 1", "write a correlation rule with a timespan instead");
    } else selections.push({ name, predicate: compileSelection(value, scope, budget) });
  }
  if (condition === undefined) return node.fail("detection has no condition", "add `condition: selection`");
  if (selections.length === 0) node.fail("detection has no selection", "add `selection:` with fields and values");
  const nodes = condition.isList ? condition.items() : [condition];
  if (nodes.length === 0) condition.fail("the list of conditions is empty", "write at least one condition");
  const compiled = nodes.map((item) => compileCondition(item, selections, budget));
  return {
    selections,
    conditions: compiled.map(({ condition: parsed }) => parsed),
    predicate: anyOf(compiled.map(({ predicate }) => predicate)),
  };
}

function compileCondition(
  node: Cursor,
  selections: readonly NamedSelection[],
  budget: TestBudget,
): { readonly condition: Condition; readonly predicate: Predicate } {
  const text = node.text("a condition");
  try {
    const condition = parseCondition(text);
    return { condition, predicate: resolve(condition, selections, () => budget.take(node)) };
  } catch (error) {
    if (!(error instanceof ConditionFault)) throw error;
    return node.fail(error.message, error.remedy, error.offset);
  }
}

/** Puts the selections' predicates in the place of their names; `spend` bounds how often one may be repeated. */
function resolve(condition: Condition, selections: readonly NamedSelection[], spend: () => void): Predicate {
  spend();
  switch (condition.kind) {
    case "and":
      return allOf(condition.parts.map((part) => resolve(part, selections, spend)));
    case "or":
      return anyOf(condition.parts.map((part) => resolve(part, selections, spend)));
    case "not":
      return { kind: "not", part: resolve(condition.part, selections, spend) };
    case "name":
      return resolveName(condition.name, condition.offset, selections);
    case "of":
      return resolveOf(condition, selections);
  }
}

function resolveName(name: string, offset: number, selections: readonly NamedSelection[]): Predicate {
  const found = selections.find((selection) => selection.name === name);
  if (found !== undefined) return found.predicate;
  const known = selections.map((selection) => selection.name);
  const remedy = suggest(name, known, `use one of: ${known.join(", ")}`);
  throw new ConditionFault(`the condition names "${name}", which is not defined`, remedy, offset);
}

function resolveOf(condition: Condition & { kind: "of" }, selections: readonly NamedSelection[]): Predicate {
  const names = selectNames(
    selections.map((selection) => selection.name),
    condition.pattern,
  );
  const wanted = condition.pattern ?? "them";
  if (names.length === 0) {
    throw new ConditionFault(`no selection is meant by "${wanted}"`, "define one, or mend the name", condition.offset);
  }
  const parts = selections.filter(({ name }) => names.includes(name)).map(({ predicate }) => predicate);
  if (condition.count === "all" || condition.count === parts.length) return allOf(parts);
  if (condition.count > parts.length) {
    const message = `${condition.count} of "${wanted}" can never hold: there are ${parts.length}`;
    throw new ConditionFault(message, "lower the number or define more selections", condition.offset);
  }
  return condition.count === 1 ? anyOf(parts) : { kind: "atLeast", min: condition.count, parts };
}
