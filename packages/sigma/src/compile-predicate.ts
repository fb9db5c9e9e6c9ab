import { elementAt } from "./fault.ts";
import type { Predicate, ValueTest } from "./predicate.ts";
import type { EventView, FieldValues } from "./view.ts";

export type Test = (view: EventView) => boolean;

/** Turns a rule's tree into one function. Cheap parts come first where the order cannot change the answer. */
export function compilePredicate(predicate: Predicate): Test {
  switch (predicate.kind) {
    case "all":
      return compileAll(byCost(predicate.parts).map(compilePredicate));
    case "any":
      return compileAny(byCost(predicate.parts).map(compilePredicate));
    case "atLeast":
      return compileAtLeast(predicate.parts.map(compilePredicate), predicate.min);
    case "not": {
      const test = compilePredicate(predicate.part);
      return (view) => !test(view);
    }
    case "field":
      return compileField(predicate.field.slot, predicate.test);
    case "anywhere":
      return compileAnywhere(predicate.test);
  }
}

function byCost(parts: readonly Predicate[]): Predicate[] {
  return parts
    .map((part) => ({ part, cost: costOf(part) }))
    .sort((left, right) => left.cost - right.cost)
    .map(({ part }) => part);
}

/** A rough order of magnitude, in units of one comparison. */
function costOf(predicate: Predicate): number {
  switch (predicate.kind) {
    case "all":
    case "any":
    case "atLeast":
      return predicate.parts.reduce((sum, part) => sum + costOf(part), 1);
    case "not":
      return costOf(predicate.part);
    case "field":
      return costOfTest(predicate.test);
    case "anywhere":
      return 20 * costOfTest(predicate.test);
  }
}

function costOfTest(test: ValueTest): number {
  if (test.kind === "regex") return 50;
  return test.kind === "text" && test.exact === undefined ? 3 : 1;
}

function compileAll(tests: readonly Test[]): Test {
  if (tests.length === 2) {
    const first = elementAt(tests, 0);
    const second = elementAt(tests, 1);
    return (view) => first(view) && second(view);
  }
  return (view) => {
    for (const test of tests) if (!test(view)) return false;
    return true;
  };
}

function compileAny(tests: readonly Test[]): Test {
  return (view) => {
    for (const test of tests) if (test(view)) return true;
    return false;
  };
}

function compileAtLeast(tests: readonly Test[], min: number): Test {
  return (view) => {
    let held = 0;
    for (const test of tests) if (test(view) && ++held >= min) return true;
    return false;
  };
}

function compileField(slot: number, test: ValueTest): Test {
  if (test.kind === "text" && !test.cased) {
    const matches = test.test;
    return (view) => {
      for (const text of view.folded(slot)) if (matches(text)) return true;
      return false;
    };
  }
  return (view) => testValues(test, view.values(slot), () => view.folded(slot), view) !== undefined;
}

function compileAnywhere(test: ValueTest): Test {
  return (view) => testValues(test, view.allValues(), () => view.allFolded(), view) !== undefined;
}

/** The first text that satisfies the test ("" for tests on absence), or undefined. Used for matching and for explaining. */
export function testValues(
  test: ValueTest,
  values: FieldValues,
  folded: () => readonly string[],
  view: EventView,
): string | undefined {
  const { texts } = values;
  switch (test.kind) {
    case "text": {
      const at = (test.cased ? texts : folded()).findIndex(test.test);
      return at < 0 ? undefined : texts[at];
    }
    case "regex": {
      const { literal } = test.regex;
      if (literal !== undefined && !folded().some((text) => text.includes(literal))) return undefined;
      return texts.find((text) => test.regex.test(text, view.budget));
    }
    case "number":
      return texts.find((text) => isNumeric(text) && test.holds(Number(text)));
    case "raw":
      return texts.find(test.test);
    case "null":
      return !values.present || values.hasNull ? "" : undefined;
    case "exists":
      return values.present === test.expected ? (texts[0] ?? "") : undefined;
  }
}

const isNumeric = (text: string): boolean =>
  text.length <= 64 && /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(text);
