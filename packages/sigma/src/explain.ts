import { compareFields, compilePredicate, testValues, type Test } from "./compile-predicate.ts";
import type { NamedSelection } from "./detection.ts";
import type { Predicate } from "./predicate.ts";
import { shorten } from "./text.ts";
import type { MatchedField, MatchedSelection } from "./types.ts";
import type { EventView } from "./view.ts";

const VALUE_CHARS_MAX = 256;
const FIELDS_MAX = 32;

/** Which selections hold on this event and which values made them hold. Only called for events that matched. */
export function explainSelections(selections: readonly NamedSelection[], view: EventView): MatchedSelection[] {
  return selections
    .filter(({ predicate }) => testOf(predicate)(view))
    .map(({ name, predicate }) => {
      const fields: MatchedField[] = [];
      collectFields(predicate, view, fields);
      return { name, fields };
    });
}

const compiled = new WeakMap<Predicate, Test>();

/** Compiled once per selection, at its first match. */
function testOf(predicate: Predicate): Test {
  let test = compiled.get(predicate);
  if (test === undefined) compiled.set(predicate, (test = compilePredicate(predicate)));
  return test;
}

function collectFields(predicate: Predicate, view: EventView, into: MatchedField[]): void {
  if (into.length >= FIELDS_MAX) return;
  switch (predicate.kind) {
    case "all":
    case "any":
    case "atLeast":
      for (const part of predicate.parts) collectFields(part, view, into);
      return;
    case "not":
      return;
    case "field":
    case "anywhere":
    case "fieldref":
      addField(predicate, view, into);
      return;
  }
}

export type Leaf = Predicate & { readonly kind: "field" | "anywhere" | "fieldref" };

function addField(leaf: Leaf, view: EventView, into: MatchedField[]): void {
  const value = valueOf(leaf, view);
  if (value === undefined) return;
  into.push({
    field: leaf.kind === "anywhere" ? "*" : leaf.field.name,
    value: shorten(value, VALUE_CHARS_MAX),
    modifier: leaf.described.modifier,
    pattern: shorten(leaf.described.pattern, VALUE_CHARS_MAX),
  });
}

/** The value that makes the test hold, or undefined. */
export function valueOf(leaf: Leaf, view: EventView): string | undefined {
  switch (leaf.kind) {
    case "anywhere":
      return testValues(leaf.test, view.allValues(), () => view.allFolded(), view);
    case "field": {
      const { slot } = leaf.field;
      return testValues(leaf.test, view.values(slot), () => view.folded(slot), view);
    }
    case "fieldref":
      return compareFields(leaf.field.slot, leaf.comparison, view);
  }
}

/** `selection: command contains "rm -rf"` for the first fields of the first selections. */
export function describeSelections(selections: readonly MatchedSelection[]): string {
  const parts = selections.slice(0, 3).map(({ name, fields }) => {
    const tests = fields.slice(0, 3).map(describeField);
    return tests.length === 0 ? name : `${name} (${tests.join(", ")})`;
  });
  const [only] = selections;
  // a selection's name tells several apart; alone it is noise
  if (selections.length === 1 && only !== undefined && only.fields.length > 0) {
    return only.fields.slice(0, 3).map(describeField).join(", ");
  }
  return parts.length === 0 ? "its condition holds" : parts.join(" and ");
}

function describeField({ field, modifier, pattern, value }: MatchedField): string {
  const where = field === "*" ? "any field" : field;
  // a pattern teaches nothing at three in the morning; what it matched does, and the pattern stands in the match's data
  if (modifier === "re") return `${where} "${shorten(value, 80)}" fits its pattern`;
  const verb = modifier === "equals" ? "is" : modifier === "keyword" ? "contains" : modifier;
  const shown = modifier === "equals" || modifier === "exists" ? "" : ` in "${shorten(value, 80)}"`;
  return `${where} ${verb} "${shorten(pattern, 80)}"${shown}`;
}
