import { compileCidr } from "./cidr.ts";
import { encodeText } from "./encode.ts";
import type { FieldKey, ValueKind } from "./modifiers.ts";
import { expandPlaceholders } from "./placeholders.ts";
import { anyOf, type Comparison, type Predicate, type RuleScope, type ValueTest } from "./predicate.ts";
import { RegexFault } from "./regex-parse.ts";
import { Regex } from "./regex.ts";
import { readTimePart } from "./time-part.ts";
import {
  anchor,
  type Anchoring,
  compilePlain,
  compileWildcard,
  countDashes,
  JOKER_CHARS_MAX,
  literalOf,
  literalWildcard,
  loosenDashes,
  parseWildcard,
  permuteDashes,
  type Wildcard,
} from "./wildcard.ts";
import type { Cursor, ScalarValue } from "./yaml-cursor.ts";

/** One value under a field key as a predicate; it may stand for several: a number as written and as printed, a placeholder. */
export function compileValue(key: FieldKey, value: Cursor, scope: RuleScope): Predicate {
  const scalar = value.scalar();
  const described = { modifier: key.modifier, pattern: scalar === null ? "null" : String(scalar) };
  if (key.fieldref) {
    const comparison = compileComparison(key, value, scalar, scope);
    return { kind: "fieldref", field: scope.fields.ref(key.field), comparison, described };
  }
  const scalars = key.expand ? expandPlaceholders(value, scalar, scope.placeholders, key.kind === "re") : [scalar];
  const tests = scalars.flatMap((one) => compileTests(key, value, one));
  if (key.field === "") return anyOf(tests.map((test) => ({ kind: "anywhere", test, described })));
  const field = scope.fields.ref(key.field);
  return anyOf(tests.map((test) => ({ kind: "field", field, test, described })));
}

function compileTests(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest[] {
  switch (key.kind) {
    case "equals":
    case "contains":
    case "startswith":
    case "endswith":
      return key.timePart === undefined ? compileTexts(key, value, scalar) : [compileNumber(key, value, scalar)];
    case "re":
      return [compileRegex(key, value, scalar)];
    case "cidr":
      return [compileCidrTest(value, scalar)];
    case "exists":
      return [compileExists(key, value, scalar)];
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return [compileNumber(key, value, scalar)];
  }
}

/** A value that names another field of the same record. */
function compileComparison(key: FieldKey, value: Cursor, scalar: ScalarValue, scope: RuleScope): Comparison {
  if (typeof scalar !== "string" || scalar.trim() === "") {
    return value.fail("fieldref needs the name of a field", "write the field's name as a text");
  }
  const relations = {
    equals: (text: string, other: string) => text === other,
    contains: (text: string, other: string) => text.includes(other),
    startswith: (text: string, other: string) => text.startsWith(other),
    endswith: (text: string, other: string) => text.endsWith(other),
  };
  const { kind } = key;
  if (!isAnchoring(kind)) return value.fail(`fieldref has no meaning with ${kind}`, "remove one of them");
  return { other: scope.fields.ref(scalar), cased: key.cased, holds: relations[kind] };
}

const isAnchoring = (kind: ValueKind): kind is Anchoring =>
  kind === "equals" || kind === "contains" || kind === "startswith" || kind === "endswith";

function compileTexts(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest[] {
  if (scalar === null) {
    if (key.field === "") value.fail("a keyword cannot be null", "write a text");
    if (key.kind !== "equals") value.fail(`null has no meaning with ${key.kind}`, "use null without a modifier");
    return [{ kind: "null" }];
  }
  const written = typeof scalar === "number" ? value.writtenText() : undefined;
  const texts = new Set(written === undefined ? [String(scalar)] : [String(scalar), written]);
  // Keywords match anywhere inside a value.
  const wanted = key.field === "" && key.kind === "equals" ? "contains" : key.kind;
  const anchoring = isAnchoring(wanted) ? wanted : "equals";
  return [...texts].flatMap((text) => compileText(key, text, anchoring, value));
}

function compileText(key: FieldKey, text: string, anchoring: Anchoring, value: Cursor): ValueTest[] {
  const { cased } = key;
  const isAsWritten = !key.windash && key.charset === undefined && key.base64 === undefined;
  const plain = isAsWritten ? compilePlain(text, anchoring, cased) : undefined;
  if (plain !== undefined) return [{ kind: "text", cased, ...plain }];
  return toWildcards(key, text, value).map((wildcard) => ({
    kind: "text",
    cased,
    ...compileWildcard(anchor(wildcard, anchoring), cased),
  }));
}

/** Encoded values with more dashes would need too many forms. */
const ENCODED_DASHES_MAX = 3;

/** The patterns a written value stands for: one, or several for `windash` and `base64offset` of an encoded value. */
function toWildcards(key: FieldKey, text: string, value: Cursor): Wildcard[] {
  if (text.includes("?") && text.length > JOKER_CHARS_MAX) {
    value.fail(`a value with ? may have ${JOKER_CHARS_MAX} characters`, "shorten it, or escape ? as \\?");
  }
  const wildcard = parseWildcard(text);
  const { charset, base64, windash } = key;
  if (charset === undefined && base64 === undefined) return [windash ? loosenDashes(wildcard) : wildcard];
  const literal = literalOf(wildcard);
  if (literal === undefined) return value.fail("an encoded value cannot have wildcards", "escape them as \\* and \\?");
  if (windash && countDashes(literal) > ENCODED_DASHES_MAX) {
    value.fail(`an encoded value may have ${ENCODED_DASHES_MAX} dashes under windash`, "shorten it");
  }
  const forms = (windash ? permuteDashes(literal) : [literal]).flatMap((form) => encodeText(form, charset, base64));
  if (forms.includes("")) value.fail("too short to be found in an encoded text", "write at least two characters");
  return forms.map(literalWildcard);
}

function compileRegex(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest {
  if (scalar === null || typeof scalar === "boolean") return value.fail("re needs a pattern", "write a quoted text");
  const pattern = typeof scalar === "number" ? (value.writtenText() ?? String(scalar)) : scalar;
  try {
    const { ignoreCase, multiline, dotAll } = key.regexFlags;
    const flags = [ignoreCase, multiline, dotAll].map(Number).join("");
    return { kind: "regex", key: `r${flags}${pattern}`, regex: new Regex(pattern, key.regexFlags) };
  } catch (error) {
    if (!(error instanceof RegexFault)) throw error;
    const where = `at character ${error.offset + 1} of the pattern`;
    const remedy = "use only what a linear-time engine can run: . ^ $ * + ? {n,m} [] | ()";
    return value.fail(`the regular expression is refused: ${error.message}, ${where}`, remedy, error.offset);
  }
}

function compileCidrTest(value: Cursor, scalar: ScalarValue): ValueTest {
  const test = typeof scalar === "string" ? compileCidr(scalar) : undefined;
  if (test === undefined) return value.fail("not an IPv4 or IPv6 network", "write it like 10.0.0.0/8 or fd00::/8");
  return { kind: "raw", test };
}

function compileExists(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest {
  if (key.field === "") value.fail("exists needs a field", "write field|exists: true");
  if (typeof scalar !== "boolean") return value.fail("exists needs true or false", "write true or false");
  return { kind: "exists", expected: scalar };
}

/** A comparison with a number; of a field's own number or, with a time part, of that part of its date. */
function compileNumber(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest {
  const bound = typeof scalar === "string" && scalar.trim() !== "" ? Number(scalar) : scalar;
  if (typeof bound !== "number" || !Number.isFinite(bound)) {
    return value.fail(`${key.timePart ?? key.kind} needs a number`, "write a number");
  }
  const { timePart } = key;
  const read = timePart === undefined ? readNumber : (text: string) => readTimePart(text, timePart);
  return { kind: "number", read, holds: comparisonWith(key.kind, bound) };
}

function comparisonWith(kind: ValueKind, bound: number): (number: number) => boolean {
  if (kind === "lt") return (number) => number < bound;
  if (kind === "lte") return (number) => number <= bound;
  if (kind === "gt") return (number) => number > bound;
  return kind === "gte" ? (number) => number >= bound : (number) => number === bound;
}

function readNumber(text: string): number | undefined {
  return text.length <= 64 && /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
