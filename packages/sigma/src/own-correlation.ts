import { readBounds, type Bound } from "./bounds.ts";
import type { KeyField, RuleScope } from "./predicate.ts";
import { expandPlaceholders } from "./placeholders.ts";
import type { Cursor } from "./yaml-cursor.ts";

/** Correlation types that the specification does not know; the names say whose they are. */
export const OWN_TYPES = [
  "firebreak.absence",
  "firebreak.ratio",
  "firebreak.change",
  "firebreak.loop",
  "firebreak.carried_value",
] as const;
export type OwnType = (typeof OWN_TYPES)[number];

/** What is compared with the timespan before: how many, their sum or average; or how far a number moved. */
export type ChangeOf = "count" | "sum" | "avg" | "level";

export type OwnMeaning =
  | {
      readonly kind: "absence";
      /** Report again after each further timespan of silence. */
      readonly repeats: boolean;
      /** Groups that must be heard of although nothing was seen of them yet. */
      readonly expected: readonly string[];
      /** How many rules, the last of the references, end the waiting. */
      readonly ends: number;
    }
  | { readonly kind: "ratio"; readonly min: number }
  | { readonly kind: "change"; readonly of: ChangeOf; readonly min: number }
  | {
      readonly kind: "loop";
      readonly lengths: readonly number[];
      /** Repeats count although something else came in between. */
      readonly isScattered: boolean;
    }
  | { readonly kind: "carried"; readonly uses: readonly KeyField[]; readonly charsMin: number };

export interface OwnCondition {
  readonly own: OwnMeaning;
  readonly bounds: readonly Bound[];
  readonly counted: readonly KeyField[];
}

export interface OwnParts {
  readonly node: Cursor;
  readonly condition: Cursor | undefined;
  readonly rules: number;
  /** Rules under `unless`. */
  readonly unless: number;
  readonly groupBy: number;
  readonly toKey: (name: string) => KeyField;
  readonly placeholders: RuleScope["placeholders"];
}

const EXPECTED_MAX = 1000;
const CYCLE_MAX = 16;
const REPEATS_MAX = 1000;
const KEY_FIELDS_MAX = 16;
const CHARS_MIN = 12;
const CHANGES: readonly ChangeOf[] = ["count", "sum", "avg", "level"];

export const isOwnType = (type: string): type is OwnType => OWN_TYPES.some((own) => own === type);

/** Keys beside `condition` that only this type has. */
export function ownKeys(type: string): readonly string[] {
  return type === "firebreak.absence" ? ["expect", "repeat", "unless"] : [];
}

/** How many timespans back events still matter to a correlation. */
export function spansKept(own: OwnMeaning | undefined): number {
  return own?.kind === "change" || own?.kind === "absence" ? 2 : 1;
}

/** Whether each rule that an event matches means something of its own; else an event counts once. */
export function hasRoles(own: OwnMeaning | undefined): boolean {
  return own?.kind === "absence" || own?.kind === "ratio" || own?.kind === "carried";
}

export function readOwnCondition(type: OwnType, parts: OwnParts): OwnCondition {
  switch (type) {
    case "firebreak.absence":
      return readAbsence(parts);
    case "firebreak.ratio":
      return readRatio(parts);
    case "firebreak.change":
      return readChange(parts);
    case "firebreak.loop":
      return readLoop(parts);
    case "firebreak.carried_value":
      return readCarried(parts);
  }
}

function readAbsence({ node, condition, groupBy, rules, unless, placeholders }: OwnParts): OwnCondition {
  condition?.fail("absence has no condition: it holds when nothing came for the timespan", "remove `condition:`");
  const expect = node.get("expect");
  const expected = expect === undefined ? [] : readExpected(expect, placeholders);
  if (expect !== undefined && (groupBy !== 1 || rules !== 1)) {
    expect.fail("expect names groups by one field, of one rule", "group by one field, and list one rule");
  }
  if (unless > 0 && rules !== 1) node.get("unless")?.fail("unless ends the waiting for one rule", "list one rule");
  const repeat = node.get("repeat")?.scalar() ?? false;
  if (typeof repeat !== "boolean") node.get("repeat")?.fail("repeat is true or false", "write true or false");
  return { own: { kind: "absence", repeats: repeat === true, expected, ends: unless }, bounds: [], counted: [] };
}

function readExpected(node: Cursor, placeholders: RuleScope["placeholders"]): string[] {
  const items = node.isList ? node.items() : [node];
  const names = items.flatMap((item) => expandPlaceholders(item, item.text("a value to expect"), placeholders, false));
  const expected = [...new Set(names.map(String))];
  if (expected.length > 0 && expected.length <= EXPECTED_MAX) return expected;
  return node.fail(`${expected.length} values to expect`, `name 1 to ${EXPECTED_MAX}`);
}

function readRatio(parts: OwnParts): OwnCondition {
  const condition = needCondition(parts, "write for example `condition: { gt: 20, min: 10 }`, in percent");
  if (parts.rules !== 2) {
    condition.fail("a ratio is of two rules", "list first the rule of the part, then the rule of the whole");
  }
  const min = readNumber(condition.get("min"), "min", { from: 1, to: 16_000, otherwise: 1 });
  const bounds = readBounds(condition, { isMeasured: true, others: new Set(["min"]) });
  return { own: { kind: "ratio", min }, bounds, counted: [] };
}

function readChange(parts: OwnParts): OwnCondition {
  const condition = needCondition(parts, "write for example `condition: { gt: 200, min: 10 }`, in percent");
  const field = condition.get("field");
  const of = readChangeOf(condition.get("of"), field !== undefined);
  if (field === undefined && of !== "count") condition.fail(`the ${of} of what?`, "add `field: name`");
  if (field !== undefined && of === "count")
    field.fail("events are counted, not a field", "remove it, or use `of: sum`");
  const min = readNumber(condition.get("min"), "min", { from: 0, to: Number.MAX_VALUE, otherwise: 0 });
  const bounds = readBounds(condition, { isMeasured: true, others: new Set(["field", "of", "min"]) });
  const isFall = ({ operator }: Bound): boolean => operator === "lt" || operator === "lte";
  const isRise = ({ operator }: Bound): boolean => operator === "gt" || operator === "gte";
  if (of === "level" && !bounds.every(isFall) && !bounds.every(isRise)) {
    condition.fail("a level falls or rises", "use lt and lte with a negative number, or gt and gte");
  }
  const counted = field === undefined ? [] : readFields(field, 1, parts.toKey);
  return { own: { kind: "change", of, min }, bounds, counted };
}

function readChangeOf(node: Cursor | undefined, hasField: boolean): ChangeOf {
  if (node === undefined) return hasField ? "sum" : "count";
  const of = node.text("of");
  return CHANGES.find((one) => one === of) ?? node.fail(`"${of}" cannot be compared`, `use ${CHANGES.join(", ")}`);
}

function readLoop(parts: OwnParts): OwnCondition {
  const condition = needCondition(parts, "write for example `condition: { field: [tool_name, arguments], gte: 10 }`");
  const field =
    condition.get("field") ?? condition.fail("what must be the same?", "add `field: [tool_name, arguments]`");
  const counted = readFields(field, KEY_FIELDS_MAX, parts.toKey);
  const cycle = condition.get("cycle");
  const nodes = cycle === undefined ? [] : cycle.isList ? cycle.items() : [cycle];
  const lengths = nodes.map((node) => readWhole(node, "a cycle's length", 1, CYCLE_MAX));
  const scattered = condition.get("scattered")?.scalar() ?? false;
  if (typeof scattered !== "boolean" || (scattered && cycle !== undefined)) {
    condition.get("scattered")?.fail("scattered is true or false, and has no cycle", "write one of the two");
  }
  const bounds = readBounds(condition, { isMeasured: false, others: new Set(["field", "cycle", "scattered"]) });
  const [bound] = bounds;
  if (bounds.length !== 1 || bound?.operator !== "gte" || bound.value < 2 || bound.value > REPEATS_MAX) {
    condition.fail("a loop needs `gte` with the number of repeats", `write gte with 2 to ${REPEATS_MAX}`);
  }
  const sorted = [...new Set(cycle === undefined ? [1] : lengths)].sort((left, right) => left - right);
  return { own: { kind: "loop", lengths: sorted, isScattered: scattered === true }, bounds, counted };
}

function readCarried(parts: OwnParts): OwnCondition {
  const condition = needCondition(parts, "write `condition: { field: [content], into: [command, url] }`");
  if (parts.rules < 2 || parts.rules > 3) {
    condition.fail(
      "a value is carried from one rule to another",
      "list the source, the use and, if you like, the trusted",
    );
  }
  const field = condition.get("field") ?? condition.fail("where does the value come from?", "add `field: [content]`");
  const into = condition.get("into") ?? condition.fail("where does the value turn up?", "add `into: [command, url]`");
  const chars = readNumber(condition.get("chars"), "chars", { from: 6, to: 256, otherwise: CHARS_MIN });
  for (const { name, key } of condition.entries()) {
    if (!["field", "into", "chars"].includes(name)) {
      key.fail(`"${name}" has no meaning with firebreak.carried_value`, "use field, into and chars");
    }
  }
  return {
    own: { kind: "carried", uses: readFields(into, KEY_FIELDS_MAX, parts.toKey), charsMin: chars },
    bounds: [{ operator: "gte", value: 1 }],
    counted: readFields(field, KEY_FIELDS_MAX, parts.toKey),
  };
}

function needCondition({ node, condition }: OwnParts, remedy: string): Cursor {
  if (condition === undefined) return node.fail("the correlation has no condition", remedy);
  return condition.isMap ? condition : condition.fail("a map is needed here", remedy);
}

export function readFields(node: Cursor, most: number, toKey: (name: string) => KeyField): KeyField[] {
  const names = node.texts("field");
  if (names.length === 0 || names.length > most) {
    node.fail(most === 1 ? "one field is needed here" : `1 to ${most} fields are needed here`, "name as many");
  }
  return names.map(toKey);
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly otherwise: number;
}

function readNumber(node: Cursor | undefined, what: string, { from, to, otherwise }: Range): number {
  if (node === undefined) return otherwise;
  const number = node.scalar();
  if (typeof number === "number" && number >= from && number <= to) return number;
  return node.fail(`${what} is a number from ${from}`, "write such a number");
}

function readWhole(node: Cursor, what: string, from: number, to: number): number {
  const number = node.scalar();
  if (typeof number === "number" && Number.isInteger(number) && number >= from && number <= to) return number;
  return node.fail(`${what} is a whole number from ${from} to ${to}`, "write such a number");
}
