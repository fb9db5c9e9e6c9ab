import type { Charset } from "./encode.ts";
import { suggest } from "./nearest.ts";
import type { TimePart } from "./time-part.ts";
import type { Cursor } from "./yaml-cursor.ts";

export type ValueKind =
  | "equals"
  | "contains"
  | "startswith"
  | "endswith"
  | "re"
  | "cidr"
  | "exists"
  | "lt"
  | "lte"
  | "gt"
  | "gte";

/** A field key such as `CommandLine|contains|all`, taken apart. */
export interface FieldKey {
  /** "" for keywords (`'|all'`). */
  readonly field: string;
  readonly kind: ValueKind;
  readonly all: boolean;
  readonly cased: boolean;
  readonly regexFlags: { readonly ignoreCase: boolean; readonly multiline: boolean; readonly dotAll: boolean };
  /** `neq`: the entry holds when none of its values does. */
  readonly negated: boolean;
  /** The value names another field. */
  readonly fieldref: boolean;
  /** `%name%` in the value stands for the values of a placeholder. */
  readonly expand: boolean;
  readonly windash: boolean;
  readonly charset: Charset | undefined;
  readonly base64: "base64" | "base64offset" | undefined;
  readonly timePart: TimePart | undefined;
  /** The chain as written, or `equals`. */
  readonly modifier: string;
}

const TEXT_KINDS: readonly ValueKind[] = ["equals", "contains", "startswith", "endswith"];
const NUMBER_KINDS: readonly ValueKind[] = ["lt", "lte", "gt", "gte"];
const KINDS: ReadonlySet<string> = new Set([
  "contains",
  "startswith",
  "endswith",
  "re",
  "cidr",
  "exists",
  ...NUMBER_KINDS,
]);
/** Long names as in the reference implementation. */
const REGEX_FLAGS: ReadonlyMap<string, "i" | "m" | "s"> = new Map([
  ["i", "i"],
  ["ignorecase", "i"],
  ["m", "m"],
  ["multiline", "m"],
  ["s", "s"],
  ["dotall", "s"],
]);
const CHARSETS: ReadonlySet<string> = new Set(["wide", "utf16", "utf16le", "utf16be"]);
const TIME_PARTS: ReadonlySet<string> = new Set(["minute", "hour", "day", "week", "month", "year"]);
const OTHERS: ReadonlySet<string> = new Set([
  "all",
  "cased",
  "neq",
  "fieldref",
  "expand",
  "windash",
  "base64",
  "base64offset",
]);

const isKind = (name: string): name is ValueKind => KINDS.has(name);
const isCharset = (name: string): name is Charset => CHARSETS.has(name);
const isTimePart = (name: string): name is TimePart => TIME_PARTS.has(name);
const isBase64 = (name: string): name is "base64" | "base64offset" => name === "base64" || name === "base64offset";

export function parseFieldKey(name: string, key: Cursor): FieldKey {
  const [field = "", ...modifiers] = name.split("|");
  let offset = field.length;
  for (const [index, modifier] of modifiers.entries()) {
    checkModifier(key, modifiers, index, offset + 1);
    offset += 1 + modifier.length;
  }
  const only = <T extends string>(isOne: (modifier: string) => modifier is T): T | undefined => {
    const found = modifiers.filter(isOne);
    if (found.length <= 1) return found[0];
    return key.fail(`the modifiers ${found.join(" and ")} exclude each other`, "keep one of them", field.length);
  };
  const flags = new Set(modifiers.map((modifier) => REGEX_FLAGS.get(modifier)));
  const parsed: FieldKey = {
    field: field.trim(),
    kind: only(isKind) ?? "equals",
    all: modifiers.includes("all"),
    cased: modifiers.includes("cased"),
    regexFlags: { ignoreCase: flags.has("i"), multiline: flags.has("m"), dotAll: flags.has("s") },
    negated: modifiers.includes("neq"),
    fieldref: modifiers.includes("fieldref"),
    expand: modifiers.includes("expand"),
    windash: modifiers.includes("windash"),
    charset: only(isCharset),
    base64: only(isBase64),
    timePart: only(isTimePart),
    modifier: modifiers.length === 0 ? "equals" : modifiers.join("|"),
  };
  checkTogether(key, parsed, modifiers);
  return parsed;
}

function checkModifier(key: Cursor, modifiers: readonly string[], index: number, offset: number): void {
  const modifier = modifiers[index] ?? "";
  if (modifiers.indexOf(modifier) !== index) key.fail(`the modifier ${modifier} stands twice`, "keep one", offset);
  if (KINDS.has(modifier) || OTHERS.has(modifier) || CHARSETS.has(modifier) || TIME_PARTS.has(modifier)) return;
  if (!REGEX_FLAGS.has(modifier)) {
    const known = [...KINDS, ...OTHERS, ...CHARSETS, ...TIME_PARTS, ...REGEX_FLAGS.keys()];
    const remedy = suggest(modifier, known, "see the list of modifiers in the Sigma specification");
    key.fail(`"${modifier}" is not a Sigma modifier`, remedy, offset);
  }
  if (!modifiers.slice(0, index).includes("re"))
    key.fail(`the flag ${modifier} needs re before it`, "write re|" + modifier, offset);
}

/** Refuses chains that mean nothing: to ignore a part of one is to misread the rule. */
function checkTogether(key: Cursor, parsed: FieldKey, modifiers: readonly string[]): void {
  const refuse = (modifier: string, with_: string): never =>
    key.fail(`the modifier ${modifier} has no meaning with ${with_}`, "remove it", parsed.field.length);
  const isText = TEXT_KINDS.includes(parsed.kind);
  for (const modifier of ["cased", "fieldref", "windash", parsed.charset, parsed.base64]) {
    if (modifier !== undefined && modifiers.includes(modifier) && !isText) refuse(modifier, parsed.kind);
  }
  if (parsed.expand && (parsed.kind === "exists" || parsed.timePart !== undefined)) {
    refuse("expand", parsed.timePart ?? parsed.kind);
  }
  if (parsed.fieldref) {
    const other = ["expand", "windash", parsed.charset, parsed.base64, parsed.timePart];
    for (const modifier of other)
      if (modifier !== undefined && modifiers.includes(modifier)) refuse("fieldref", modifier);
    if (parsed.field === "") refuse("fieldref", "keywords");
  }
  if (parsed.timePart !== undefined) checkTimePart(parsed, modifiers, refuse);
  if (parsed.charset !== undefined && parsed.base64 !== undefined) {
    if (modifiers.indexOf(parsed.charset) > modifiers.indexOf(parsed.base64)) {
      key.fail(`${parsed.charset} comes before ${parsed.base64}`, `write ${parsed.charset}|${parsed.base64}`);
    }
  }
}

function checkTimePart(parsed: FieldKey, modifiers: readonly string[], refuse: (a: string, b: string) => never): void {
  const part = parsed.timePart ?? "";
  if (parsed.field === "") refuse(part, "keywords");
  if (parsed.kind !== "equals" && !NUMBER_KINDS.includes(parsed.kind)) refuse(part, parsed.kind);
  for (const other of ["cased", "windash", parsed.charset, parsed.base64]) {
    if (other !== undefined && modifiers.includes(other)) refuse(part, other);
  }
}
