import type { Condition } from "./condition.ts";
import { selectNames } from "./condition.ts";
import { valueOf, type Leaf } from "./explain.ts";
import type { DetectionRule } from "./link.ts";
import { matchesLogsource } from "./logsource.ts";
import type { Predicate } from "./predicate.ts";
import { shorten } from "./text.ts";
import type {
  EngineLimits,
  ExplainedEvent,
  ExplainedPart,
  ExplainedPresentation,
  ExplainedTest,
  Presentation,
  TimedEvent,
} from "./types.ts";
import { EventView, type Layout } from "./view.ts";

const VALUE_CHARS_MAX = 256;
const VALUES_MAX = 10;
/** Shown of one list; those that hold come first. */
const PARTS_MAX = 50;

export interface ExplainContext {
  readonly layout: Layout;
  readonly limits: EngineLimits;
}

/** What an event makes of one rule, asked without the index: every part is tested, whether it decides or not. */
export function explainDetection(
  rule: DetectionRule,
  { event, meta }: TimedEvent,
  ctx: ExplainContext,
): ExplainedEvent {
  const presentations = event.presentations.map((one) => explainPresentation(rule, one, ctx));
  return { eventId: meta.id, matched: presentations.some(({ holds }) => holds), presentations };
}

function explainPresentation(
  rule: DetectionRule,
  presentation: Presentation,
  { layout, limits }: ExplainContext,
): ExplainedPresentation {
  const { logsource } = presentation;
  const covered = !limits.logsourceRouting || matchesLogsource(rule.info.logsource, logsource);
  if (!covered) return { logsource, covered, holds: false, parts: [] };
  const budget = { steps: limits.regexStepsMax, exhausted: false };
  const view = new EventView(presentation, layout, limits, budget, { truncatedValues: 0 });
  const { conditions } = rule.detection;
  const explained = conditions.map((condition) => explainCondition(condition, rule, view));
  const [only] = explained;
  const main = explained.length === 1 && only !== undefined ? only : anyPart(explained);
  const filters = rule.filters.map((filter): ExplainedPart => {
    const part = explainPredicate(filter, view);
    return { kind: "filter", what: "filter", holds: part.holds, parts: [part], omitted: 0 };
  });
  const parts = [main, ...filters];
  return { logsource, covered, holds: parts.every(({ holds }) => holds), parts };
}

function explainCondition(condition: Condition, rule: DetectionRule, view: EventView): ExplainedPart {
  const explain = (part: Condition): ExplainedPart => explainCondition(part, rule, view);
  switch (condition.kind) {
    case "and":
      return allPart(condition.parts.map(explain));
    case "or":
      return anyPart(condition.parts.map(explain));
    case "not":
      return notPart(explain(condition.part));
    case "name":
      return explainSelection(condition.name, rule, view);
    case "of":
      return explainOf(condition, rule, view);
  }
}

function explainOf(condition: Condition & { kind: "of" }, rule: DetectionRule, view: EventView): ExplainedPart {
  const { selections } = rule.detection;
  const names = selectNames(
    selections.map(({ name }) => name),
    condition.pattern,
  );
  const parts = names.map((name) => explainSelection(name, rule, view));
  const what = `${condition.count} of ${condition.pattern ?? "them"}`;
  const min = condition.count === "all" ? parts.length : condition.count;
  return listPart("atLeast", what, parts, min);
}

function explainSelection(name: string, rule: DetectionRule, view: EventView): ExplainedPart {
  const predicate = rule.detection.selections.find((selection) => selection.name === name)?.predicate;
  const part = predicate === undefined ? anyPart([]) : explainPredicate(predicate, view);
  // a list of fields is the selection's own; one more level would say nothing
  const parts = part.kind === "all" ? part.parts : [part];
  return { kind: "selection", what: name, holds: part.holds, parts, omitted: part.kind === "all" ? part.omitted : 0 };
}

function explainPredicate(predicate: Predicate, view: EventView): ExplainedPart {
  switch (predicate.kind) {
    case "all":
    case "any":
      return explainTests(predicate, view) ?? listOf(predicate.kind, predicate.parts, view);
    case "atLeast":
      return listPart(
        "atLeast",
        `${predicate.min} of`,
        predicate.parts.map((part) => explainPredicate(part, view)),
        predicate.min,
      );
    case "not":
      return notPart(explainPredicate(predicate.part, view));
    case "field":
    case "anywhere":
    case "fieldref":
      return testPart([predicate], "any", view);
  }
}

function listOf(kind: "all" | "any", predicates: readonly Predicate[], view: EventView): ExplainedPart {
  const parts = predicates.map((part) => explainPredicate(part, view));
  return kind === "all" ? allPart(parts) : anyPart(parts);
}

/** Several patterns for one field are one test. */
function explainTests(predicate: Predicate & { kind: "all" | "any" }, view: EventView): ExplainedPart | undefined {
  const leaves = predicate.parts.filter(isLeaf);
  const [first] = leaves;
  if (first === undefined || leaves.length < predicate.parts.length) return undefined;
  const isSame = (leaf: Leaf): boolean =>
    fieldOf(leaf) === fieldOf(first) && leaf.described.modifier === first.described.modifier;
  return leaves.every(isSame) ? testPart(leaves, predicate.kind, view) : undefined;
}

function testPart(leaves: readonly Leaf[], kind: "all" | "any", view: EventView): ExplainedPart {
  const [first] = leaves;
  if (first === undefined) return anyPart([]);
  const asked = leaves.map((leaf) => ({
    pattern: shorten(leaf.described.pattern, VALUE_CHARS_MAX),
    holds: valueOf(leaf, view) !== undefined,
  }));
  const values = first.kind === "anywhere" ? view.allValues() : view.values(first.field.slot);
  const test: ExplainedTest = {
    field: fieldOf(first),
    modifier: first.described.modifier,
    isPresent: values.present,
    values: values.texts.slice(0, VALUES_MAX).map((text) => shorten(text, VALUE_CHARS_MAX)),
    patterns: telling(asked, kind),
  };
  const holds = kind === "all" ? asked.every((one) => one.holds) : asked.some((one) => one.holds);
  const what = test.modifier === "equals" ? test.field : `${test.field}|${test.modifier}`;
  return { kind: "test", what, holds, parts: [], omitted: asked.length - test.patterns.length, test };
}

const isLeaf = (predicate: Predicate): predicate is Leaf =>
  predicate.kind === "field" || predicate.kind === "anywhere" || predicate.kind === "fieldref";

const fieldOf = (leaf: Leaf): string => (leaf.kind === "anywhere" ? "*" : leaf.field.name);

const allPart = (parts: readonly ExplainedPart[]): ExplainedPart => listPart("all", "all of", parts, parts.length);
const anyPart = (parts: readonly ExplainedPart[]): ExplainedPart => listPart("any", "any of", parts, 1);

function listPart(
  kind: "all" | "any" | "atLeast",
  what: string,
  parts: readonly ExplainedPart[],
  min: number,
): ExplainedPart {
  const holds = parts.filter((part) => part.holds).length >= min;
  const shown = telling(parts, kind);
  return { kind, what, holds, parts: shown, omitted: parts.length - shown.length };
}

/** Of too many: those that hold explain an "any of", those that do not an "all of". */
function telling<T extends { readonly holds: boolean }>(
  items: readonly T[],
  kind: "all" | "any" | "atLeast",
): readonly T[] {
  if (items.length <= PARTS_MAX) return items;
  const first = items.filter(({ holds }) => holds === (kind !== "all"));
  return [...first, ...items.filter((item) => !first.includes(item))].slice(0, PARTS_MAX);
}

function notPart(part: ExplainedPart): ExplainedPart {
  return { kind: "not", what: "not", holds: !part.holds, parts: [part], omitted: 0 };
}
