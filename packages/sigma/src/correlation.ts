import type { FieldRef, FieldTable } from "./predicate.ts";
import type { Cursor } from "./yaml-cursor.ts";

export type CorrelationType = "event_count" | "value_count";
export type Operator = "gt" | "gte" | "lt" | "lte" | "eq" | "neq";

export interface Bound {
  readonly operator: Operator;
  readonly value: number;
}

/** A field under a name; `byRule` says which field it is in each referenced rule when an alias is used. */
export interface KeyField {
  readonly name: string;
  readonly ref: FieldRef;
  readonly byRule: ReadonlyMap<string, FieldRef>;
}

export interface Correlation {
  readonly type: CorrelationType;
  /** References as written (id or name), with their places for the linker. */
  readonly references: readonly { readonly reference: string; readonly node: Cursor }[];
  readonly groupBy: readonly KeyField[];
  readonly timespanMs: number;
  /** All must hold. */
  readonly bounds: readonly Bound[];
  /** The counted fields of value_count; several count combinations. */
  readonly counted: readonly KeyField[];
  readonly generate: boolean;
}

const NOT_YET: ReadonlySet<string> = new Set([
  "temporal",
  "temporal_ordered",
  "temporal_extended",
  "temporal_ordered_extended",
  "value_sum",
  "value_avg",
  "value_percentile",
  "value_median",
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
const OPERATORS: ReadonlySet<string> = new Set(["gt", "gte", "lt", "lte", "eq", "neq"]);
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Counts beyond this would need windows of gigabytes. */
const THRESHOLD_MAX = 1_000_000;
const TIMESPAN_DAYS_MAX = 366;
const REFERENCES_MAX = 1000;
const KEY_FIELDS_MAX = 16;

const isOperator = (name: string): name is Operator => OPERATORS.has(name);

type Aliases = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function compileCorrelation(node: Cursor, fields: FieldTable): Correlation {
  for (const { name, key } of node.entries()) {
    if (!KEYS.has(name)) key.fail(`"${name}" is not a key of a correlation`, `use ${[...KEYS].join(", ")}`);
  }
  const type = readType(node);
  const aliases = readAliases(node.get("aliases"));
  const toKey = (name: string): KeyField => keyField(name, aliases, fields);
  const condition = need(node, "condition", "write `condition:` with gt, gte, lt, lte, eq or neq");
  const counted = readCounted(type, condition, toKey);
  const groupBy = node.get("group-by")?.texts("group-by") ?? [];
  if (groupBy.length > KEY_FIELDS_MAX)
    node.fail(`more than ${KEY_FIELDS_MAX} group-by fields`, "group by fewer fields");
  return {
    type,
    references: readReferences(node),
    groupBy: groupBy.map(toKey),
    timespanMs: readTimespan(need(node, "timespan", "write `timespan: 5m`")),
    bounds: readBounds(condition),
    counted,
    generate: readGenerate(node.get("generate")),
  };
}

function need(node: Cursor, name: string, remedy: string): Cursor {
  return node.get(name) ?? node.fail(`the correlation has no ${name}`, remedy);
}

function readType(node: Cursor): CorrelationType {
  const place = need(node, "type", "write `type: event_count` or `type: value_count`");
  const type = place.text("type");
  if (type === "event_count" || type === "value_count") return type;
  if (NOT_YET.has(type)) place.fail(`correlations of type ${type} are not supported yet`, "leave the rule out for now");
  return place.fail(`"${type}" is not a correlation type`, "use event_count or value_count");
}

function readReferences(node: Cursor): Correlation["references"] {
  const place = need(node, "rules", "list the ids or names of the rules to correlate");
  const nodes = place.isList ? place.items() : [place];
  if (nodes.length === 0 || nodes.length > REFERENCES_MAX) {
    place.fail(`a correlation needs 1 to ${REFERENCES_MAX} rules`, "list the ids or names of the rules");
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

function readCounted(type: CorrelationType, condition: Cursor, toKey: (name: string) => KeyField): KeyField[] {
  const field = condition.get("field");
  if (type === "event_count") {
    return field === undefined ? [] : field.fail("event_count counts events, not a field", "use value_count");
  }
  if (field === undefined) return condition.fail("value_count needs the field to count", "add `field: name`");
  const names = field.texts("field");
  if (names.length === 0 || names.length > KEY_FIELDS_MAX)
    field.fail(`1 to ${KEY_FIELDS_MAX} fields`, "name the fields");
  return names.map(toKey);
}

function readBounds(condition: Cursor): Bound[] {
  const bounds: Bound[] = [];
  for (const { name, key, value } of condition.entries()) {
    if (name === "field") continue;
    if (!isOperator(name)) return key.fail(`"${name}" is not an operator`, "use gt, gte, lt, lte, eq or neq");
    const number = value.scalar();
    if (typeof number !== "number" || !Number.isInteger(number) || number < 0 || number > THRESHOLD_MAX) {
      return value.fail(`a count is a whole number from 0 to ${THRESHOLD_MAX}`, "write such a number");
    }
    bounds.push({ operator: name, value: number });
  }
  return bounds.length > 0 ? bounds : condition.fail("the condition compares with nothing", "add for example `gt: 10`");
}

export function readGenerate(node: Cursor | undefined): boolean {
  const value = node?.scalar() ?? false;
  return typeof value === "boolean" ? value : (node?.fail("generate is true or false", "write true or false") ?? false);
}
