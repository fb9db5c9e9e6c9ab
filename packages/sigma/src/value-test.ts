import { compileCidr } from "./cidr.ts";
import type { FieldKey } from "./modifiers.ts";
import { anyOf, type FieldTable, type Predicate, type ValueTest } from "./predicate.ts";
import { RegexFault } from "./regex-parse.ts";
import { Regex } from "./regex.ts";
import { anchor, compileWildcard, JOKER_CHARS_MAX, parseWildcard } from "./wildcard.ts";
import type { Cursor, ScalarValue } from "./yaml-cursor.ts";

/** One value under a field key as a predicate; a number may stand for two texts, the written and the printed one. */
export function compileValue(key: FieldKey, value: Cursor, fields: FieldTable): Predicate {
  const scalar = value.scalar();
  const tests = compileTests(key, value, scalar);
  const described = { modifier: key.modifier, pattern: scalar === null ? "null" : String(scalar) };
  if (key.field === "") return anyOf(tests.map((test) => ({ kind: "anywhere", test, described })));
  const field = fields.ref(key.field);
  return anyOf(tests.map((test) => ({ kind: "field", field, test, described })));
}

function compileTests(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest[] {
  switch (key.kind) {
    case "equals":
    case "contains":
    case "startswith":
    case "endswith":
      return compileTexts(key, value, scalar);
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
      return [compileComparison(key.kind, value, scalar)];
  }
}

function compileTexts(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest[] {
  if (scalar === null) {
    if (key.field === "") value.fail("a keyword cannot be null", "write a text");
    if (key.kind !== "equals") value.fail(`null has no meaning with ${key.kind}`, "use null without a modifier");
    return [{ kind: "null" }];
  }
  const isNumber = typeof scalar === "number";
  const written = isNumber ? value.writtenText() : undefined;
  const texts = new Set(written === undefined ? [String(scalar)] : [String(scalar), written]);
  // Keywords match anywhere inside a value.
  const anchoring = key.field === "" && key.kind === "equals" ? "contains" : key.kind;
  return [...texts].map((text) => compileText(text, anchoring, key.cased, value));
}

function compileText(text: string, anchoring: FieldKey["kind"], cased: boolean, value: Cursor): ValueTest {
  if (text.includes("?") && text.length > JOKER_CHARS_MAX) {
    value.fail(`a value with ? may have ${JOKER_CHARS_MAX} characters`, "shorten it, or escape ? as \\?");
  }
  const isAnchored = anchoring === "contains" || anchoring === "startswith" || anchoring === "endswith";
  const wildcard = anchor(parseWildcard(text), isAnchored ? anchoring : "equals");
  return { kind: "text", cased, ...compileWildcard(wildcard, cased) };
}

function compileRegex(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest {
  if (scalar === null || typeof scalar === "boolean") return value.fail("re needs a pattern", "write a quoted text");
  const pattern = typeof scalar === "number" ? (value.writtenText() ?? String(scalar)) : scalar;
  try {
    return { kind: "regex", regex: new Regex(pattern, key.regexFlags) };
  } catch (error) {
    if (!(error instanceof RegexFault)) throw error;
    const where = `at character ${error.offset + 1} of the pattern`;
    const remedy = "use only what a linear-time engine can run: . ^ $ * + ? {n,m} [] | ()";
    return value.fail(`the regular expression is refused: ${error.message}, ${where}`, remedy, error.offset);
  }
}

function compileCidrTest(value: Cursor, scalar: ScalarValue): ValueTest {
  const compiled = typeof scalar === "string" ? compileCidr(scalar) : undefined;
  if (compiled === "ipv6") return value.fail("cidr for IPv6 is not supported yet", "use contains or startswith");
  if (compiled === undefined) return value.fail("not an IPv4 network", "write it like 10.0.0.0/8");
  return { kind: "raw", test: compiled };
}

function compileExists(key: FieldKey, value: Cursor, scalar: ScalarValue): ValueTest {
  if (key.field === "") value.fail("exists needs a field", "write field|exists: true");
  if (typeof scalar !== "boolean") return value.fail("exists needs true or false", "write true or false");
  return { kind: "exists", expected: scalar };
}

function compileComparison(kind: "lt" | "lte" | "gt" | "gte", value: Cursor, scalar: ScalarValue): ValueTest {
  const bound = typeof scalar === "string" && scalar.trim() !== "" ? Number(scalar) : scalar;
  if (typeof bound !== "number" || !Number.isFinite(bound)) {
    return value.fail(`${kind} needs a number`, "write a number");
  }
  const comparisons = {
    lt: (number: number) => number < bound,
    lte: (number: number) => number <= bound,
    gt: (number: number) => number > bound,
    gte: (number: number) => number >= bound,
  } as const;
  return { kind: "number", holds: comparisons[kind] };
}
