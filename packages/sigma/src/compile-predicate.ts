import { elementAt } from "./fault.ts";
import type { Comparison, Predicate, ValueTest } from "./predicate.ts";
import type { Regex } from "./regex.ts";
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
    case "fieldref": {
      const { field, comparison } = predicate;
      const { other, cased, holds } = comparison;
      return (view) => {
        const left = cased ? view.values(field.slot).texts : view.folded(field.slot);
        const right = cased ? view.values(other.slot).texts : view.folded(other.slot);
        if (left.length === 1 && right.length === 1) return holds(elementAt(left, 0), elementAt(right, 0));
        return compareFields(field.slot, comparison, view) !== undefined;
      };
    }
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
    case "fieldref":
      return 5;
  }
}

function costOfTest(test: ValueTest): number {
  if (test.kind === "regex") return 50;
  return test.kind === "text" && test.exact === undefined ? 3 : 1;
}

export function compileAll(tests: readonly Test[]): Test {
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

export function compileAny(tests: readonly Test[]): Test {
  return (view) => {
    for (const test of tests) if (test(view)) return true;
    return false;
  };
}

export function compileAtLeast(tests: readonly Test[], min: number): Test {
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
  if (test.kind === "regex") return compileRegex(slot, test.regex);
  // the common tests on absence without a function made for each record
  if (test.kind === "null") {
    return (view) => {
      const { present, hasNull } = view.values(slot);
      return !present || hasNull;
    };
  }
  if (test.kind === "exists") return (view) => view.values(slot).present === test.expected;
  if (test.kind === "raw") return (view) => view.values(slot).texts.some(test.test);
  return (view) => testValues(test, view.values(slot), () => view.folded(slot), view) !== undefined;
}

function compileRegex(slot: number, regex: Regex): Test {
  const { literals } = regex;
  return (view) => {
    const { texts } = view.values(slot);
    const folded = literals.length === 0 ? texts : view.folded(slot);
    for (let at = 0; at < texts.length; at++) {
      if (holdsOneOf(folded[at] ?? "", literals) && regex.test(texts[at] ?? "", view.budget)) return true;
    }
    return false;
  };
}

/** Also when there are none to look for. */
function holdsOneOf(text: string, literals: readonly string[]): boolean {
  for (const literal of literals) if (text.includes(literal)) return true;
  return literals.length === 0;
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
      const { literals } = test.regex;
      const mayMatch = (text: string) => literals.some((literal) => text.includes(literal));
      if (literals.length > 0 && !folded().some(mayMatch)) return undefined;
      return texts.find((text) => test.regex.test(text, view.budget));
    }
    case "number":
      return texts.find((text) => {
        const number = test.read(text);
        return number !== undefined && test.holds(number);
      });
    case "raw":
      return texts.find(test.test);
    case "null":
      return !values.present || values.hasNull ? "" : undefined;
    case "exists":
      return values.present === test.expected ? (texts[0] ?? "") : undefined;
  }
}

/** The first text of the field that stands in the relation to a text of the other field. */
export function compareFields(slot: number, comparison: Comparison, view: EventView): string | undefined {
  const { other, cased, holds } = comparison;
  const [left, right] = cased
    ? [view.values(slot).texts, view.values(other.slot).texts]
    : [view.folded(slot), view.folded(other.slot)];
  // one list may hold thousands of values, two would be compared a million times
  const others = right.slice(0, FIELDREF_VALUES_MAX);
  const at = left.slice(0, FIELDREF_VALUES_MAX).findIndex((text) => others.some((one) => holds(text, one)));
  return at < 0 ? undefined : view.values(slot).texts[at];
}

const FIELDREF_VALUES_MAX = 64;
