import { readBounds, type Bound } from "./bounds.ts";
import { suggest } from "./nearest.ts";
import {
  isOwnType,
  OWN_TYPES,
  ownKeys,
  readFields,
  readOwnCondition,
  type OwnMeaning,
  type OwnType,
} from "./own-correlation.ts";
import type { FieldTable, KeyField, RuleScope } from "./predicate.ts";
import { namesInCondition, readAlternatives, type RuleSet } from "./temporal-condition.ts";
import type { Cursor } from "./yaml-cursor.ts";

export type CorrelationType =
  | "event_count"
  | "value_count"
  | "value_sum"
  | "value_avg"
  | "value_percentile"
  | "value_median"
  | "temporal"
  | "temporal_ordered"
  | OwnType;

/** What is made of the numbers of a window. A percentile is by nearest rank; a share is the current value's, in percent. */
export type Measure =
  | { readonly kind: "sum" }
  | { readonly kind: "avg" }
  | { readonly kind: "median" }
  | { readonly kind: "percentile"; readonly percentile: number }
  | { readonly kind: "share" };

export interface Correlation {
  readonly type: CorrelationType;
  /** References as written (id or name), with their places for the linker. */
  readonly references: readonly { readonly reference: string; readonly node: Cursor }[];
  readonly groupBy: readonly KeyField[];
  readonly timespanMs: number;
  /** All must hold. */
  readonly bounds: readonly Bound[];
  /** The counted fields of value_count, of which several count combinations; the one field of the other value types. */
  readonly counted: readonly KeyField[];
  /** Of the value types that are no count. */
  readonly measure: Measure | undefined;
  /** Of temporal types with a Boolean condition. */
  readonly alternatives: readonly RuleSet[] | undefined;
  /** Of types that the specification does not know. */
  readonly own: OwnMeaning | undefined;
  readonly generate: boolean;
}

/** The draft's names for temporal types with a Boolean condition stand for the types themselves. */
const TYPES: ReadonlyMap<string, CorrelationType> = new Map<string, CorrelationType>([
  ["event_count", "event_count"],
  ["value_count", "value_count"],
  ["value_sum", "value_sum"],
  ["value_avg", "value_avg"],
  ["value_percentile", "value_percentile"],
  ["value_median", "value_median"],
  ["temporal", "temporal"],
  ["temporal_ordered", "temporal_ordered"],
  ["temporal_extended", "temporal"],
  ["temporal_ordered_extended", "temporal_ordered"],
  ...OWN_TYPES.map((type) => [type, type] as const),
]);
const KEYS: ReadonlySet<string> = new Set([
  "type",
  "rules",
  "aliases",
  "group-by",
  "timespan",
  "condition",
  "generate",
]);
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Keys of a condition that compare nothing. */
const NO_BOUNDS: ReadonlySet<string> = new Set(["field", "percentile"]);
const TIMESPAN_DAYS_MAX = 366;
const REFERENCES_MAX = 1000;
const KEY_FIELDS_MAX = 16;

type Aliases = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function compileCorrelation(node: Cursor, { fields, placeholders }: RuleScope): Correlation {
  const type = readType(node);
  checkKeys(node, type);
  const aliases = readAliases(node.get("aliases"));
  const toKey = (name: string): KeyField => keyField(name, aliases, fields);
  const condition = readCondition(node, type);
  const rules = readReferences(node, condition);
  const unless = isOwnType(type) ? readList(node.get("unless")) : [];
  const groupBy = node.get("group-by")?.texts("group-by") ?? [];
  if (groupBy.length > KEY_FIELDS_MAX)
    node.fail(`more than ${KEY_FIELDS_MAX} group-by fields`, "group by fewer fields");
  const counts = { rules: rules.length, unless: unless.length, groupBy: groupBy.length };
  const parts = { node, condition, ...counts, toKey, placeholders };
  return {
    type,
    references: [...rules, ...unless],
    groupBy: groupBy.map(toKey),
    timespanMs: readTimespan(need(node, "timespan", "write `timespan: 5m`")),
    ...(isOwnType(type)
      ? { ...NOTHING, ...readOwnCondition(type, parts) }
      : readMeaning(type, condition, rules, toKey)),
    generate: readGenerate(node.get("generate")),
  };
}

function checkKeys(node: Cursor, type: CorrelationType): void {
  const keys = [...KEYS, ...ownKeys(type)];
  for (const { name, key } of node.entries()) {
    if (keys.includes(name)) continue;
    const remedy = suggest(name, keys, `use ${keys.join(", ")}`);
    key.fail(`"${name}" is not a key of a correlation`, remedy);
  }
}

const isTemporal = (type: CorrelationType): boolean => type === "temporal" || type === "temporal_ordered";

/** The condition's node; undefined for temporal types without one, which want all their rules. */
function readCondition(node: Cursor, type: CorrelationType): Cursor | undefined {
  if (isTemporal(type) || isOwnType(type)) return node.get("condition");
  const condition = need(node, "condition", "write `condition:` with gt, gte, lt, lte, eq or neq");
  if (!condition.isMap) condition.fail("a map is needed here", "write `condition:` with gt, gte, lt, lte, eq or neq");
  return condition;
}

type Meaning = Pick<Correlation, "bounds" | "counted" | "measure" | "alternatives" | "own">;
type SpecifiedType = Exclude<CorrelationType, OwnType>;

const NOTHING = { counted: [], measure: undefined, alternatives: undefined, own: undefined };

function readMeaning(
  type: SpecifiedType,
  condition: Cursor | undefined,
  references: Correlation["references"],
  toKey: (name: string) => KeyField,
): Meaning {
  if (condition === undefined) return { ...NOTHING, bounds: [{ operator: "gte", value: references.length }] };
  if (!condition.isMap) {
    const names = references.map(({ reference }) => reference);
    return { ...NOTHING, bounds: [], alternatives: readAlternatives(condition, names) };
  }
  const measure = readMeasure(type, condition);
  const isMeasured = measure !== undefined;
  const bounds = readBounds(condition, { isMeasured, others: NO_BOUNDS });
  return { ...NOTHING, bounds, counted: readCounted(type, condition, toKey), measure };
}

function readMeasure(type: SpecifiedType, condition: Cursor): Measure | undefined {
  const percentile = condition.get("percentile");
  if (percentile !== undefined && type !== "value_percentile") {
    percentile.fail(`percentile has no meaning with ${type}`, "remove it, or use value_percentile");
  }
  switch (type) {
    case "value_sum":
      return { kind: "sum" };
    case "value_avg":
      return { kind: "avg" };
    case "value_median":
      return { kind: "median" };
    case "value_percentile":
      return percentile === undefined
        ? { kind: "share" }
        : { kind: "percentile", percentile: readPercentile(percentile) };
    case "event_count":
    case "value_count":
    case "temporal":
    case "temporal_ordered":
      return undefined;
  }
}

function readPercentile(node: Cursor): number {
  const percentile = node.scalar();
  return typeof percentile === "number" && percentile >= 0 && percentile <= 100
    ? percentile
    : node.fail("a percentile is a number from 0 to 100", "write such a number");
}

function need(node: Cursor, name: string, remedy: string): Cursor {
  return node.get(name) ?? node.fail(`the correlation has no ${name}`, remedy);
}

function readType(node: Cursor): CorrelationType {
  const place = need(node, "type", "write for example `type: event_count`");
  const type = place.text("type");
  const known = TYPES.get(type);
  const names = [...new Set(TYPES.values())];
  const remedy = suggest(type, names, `use one of: ${names.join(", ")}`);
  return known ?? place.fail(`"${type}" is not a correlation type`, remedy);
}

/** As listed; a Boolean condition names its rules itself when there is no list. */
function readReferences(node: Cursor, condition: Cursor | undefined): Correlation["references"] {
  const listed = node.get("rules");
  if (listed === undefined && condition !== undefined && !condition.isMap) {
    return namesInCondition(condition).map((reference) => ({ reference, node: condition }));
  }
  return readList(listed ?? need(node, "rules", "list the ids or names of the rules to correlate"));
}

/** Ids or names of rules, with their places. */
function readList(place: Cursor | undefined): Correlation["references"] {
  if (place === undefined) return [];
  const nodes = place.isList ? place.items() : [place];
  if (nodes.length === 0 || nodes.length > REFERENCES_MAX) {
    place.fail(`1 to ${REFERENCES_MAX} rules are needed here`, "list the ids or names of the rules");
  }
  return nodes.map((item) => ({ reference: item.text("a rule reference"), node: item }));
}

function readAliases(node: Cursor | undefined): Aliases {
  const aliases = new Map<string, ReadonlyMap<string, string>>();
  for (const alias of node?.entries() ?? []) {
    const byRule = alias.value.entries().map(({ name, value }) => [name, value.text("a field name")] as const);
    aliases.set(alias.name, new Map(byRule));
  }
  return aliases;
}

function keyField(name: string, aliases: Aliases, fields: FieldTable): KeyField {
  const byRule = [...(aliases.get(name) ?? [])].map(([rule, field]) => [rule, fields.ref(field)] as const);
  return { name, ref: fields.ref(name), byRule: new Map(byRule) };
}

export function readTimespan(node: Cursor): number {
  const found = /^(\d{1,9})([smhd])$/.exec(node.text("timespan"));
  const unitMs = UNIT_MS[found?.[2] ?? ""];
  if (found === null || unitMs === undefined) return node.fail("not a timespan", "write a number with s, m, h or d");
  const timespanMs = Number(found[1]) * unitMs;
  if (timespanMs <= 0 || timespanMs > TIMESPAN_DAYS_MAX * 86_400_000) {
    node.fail(
      `a timespan is more than 0 and at most ${TIMESPAN_DAYS_MAX} days`,
      "choose a timespan inside these bounds",
    );
  }
  return timespanMs;
}

function readCounted(type: SpecifiedType, condition: Cursor, toKey: (name: string) => KeyField): KeyField[] {
  const field = condition.get("field");
  if (type === "event_count" || isTemporal(type)) {
    return field === undefined ? [] : field.fail(`${type} counts events, not a field`, "use value_count");
  }
  if (field === undefined) return condition.fail(`${type} needs a field`, "add `field: name`");
  return readFields(field, type === "value_count" ? KEY_FIELDS_MAX : 1, toKey);
}

export function readGenerate(node: Cursor | undefined): boolean {
  const value = node?.scalar() ?? false;
  return typeof value === "boolean" ? value : (node?.fail("generate is true or false", "write true or false") ?? false);
}
