import { FirebreakError } from "../../kernel/index.ts";
import { wordsOf } from "./text-terms.ts";

/** A condition on the record as JSON, ready for `jsonb_path_exists`. */
export interface PathCondition {
  /** a path of SQL/JSON in which every name is quoted; values come as variables */
  readonly path: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** must exist although `path` finds nothing: the condition was `!=` */
  readonly butExists: string | undefined;
  /** words that stand in every record it fits */
  readonly words: readonly string[];
  /** the field, and the text or scalar that it must have, where it must have exactly one */
  readonly field: { readonly names: readonly string[]; readonly value: string } | undefined;
}

const LEVELS_MAX = 16;
const NAME = String.raw`(?:([^.[\]=!<>~"\s]+)|"((?:[^"\\]|\\.)*)")`;
const FIRST_STEP = new RegExp(`^${NAME}`, "su");
const NEXT_STEP = new RegExp(String.raw`^\.${NAME}|^\[(\d{1,6}|\*)\]`, "su");
const OPERATOR = /^\s*(!=|<=|>=|=|<|>|~)\s*(.*)$/su;

/**
 * @param text such as `data.tool=exec`, `data."a.b"[0]!=x`, `data.bytes>=1000`, `data.url~example.org`, `resource`
 * @throws FirebreakError bad_request with what it should look like
 */
export function parsePathCondition(text: string): PathCondition {
  let rest = text.trim();
  let path = "$";
  const names: string[] = [];
  for (let levels = 0; ; levels += 1) {
    const step = (levels === 0 ? FIRST_STEP : NEXT_STEP).exec(rest);
    if (step === null) break;
    if (levels === LEVELS_MAX) throw refusal(text, `it has more than ${LEVELS_MAX} levels`);
    const [whole, plain, quoted, index] = step;
    const name = plain ?? (quoted === undefined ? undefined : unquote(text, quoted));
    path += name === undefined ? `[${index}]` : `.${JSON.stringify(name)}`;
    if (name !== undefined) names.push(name);
    rest = rest.slice(whole.length);
  }
  if (names.length === 0) throw refusal(text, "it does not begin with the name of a field");
  const words = names.flatMap(wordsOf);
  if (rest.trim() === "") return { path, variables: {}, butExists: undefined, words, field: undefined };
  const [, operator, value] = OPERATOR.exec(rest) ?? [];
  if (operator === undefined || value === undefined) throw refusal(text, `“${rest.slice(0, 20)}” is not understood`);
  return compare(path, operator, value, names);
}

function compare(path: string, operator: string, value: string, names: readonly string[]): PathCondition {
  const words = names.flatMap(wordsOf);
  if (operator === "~") {
    const condition = `like_regex ${JSON.stringify(value)} flag "qi"`;
    return { path: `${path} ? (@ ${condition})`, variables: {}, butExists: undefined, words, field: undefined };
  }
  const scalar = readScalar(value);
  const isText = scalar === undefined;
  const sign = operator === "=" || operator === "!=" ? "==" : operator;
  const alternatives = isText ? `@ ${sign} $text` : `@ ${sign} $text || @ ${sign} $scalar`;
  // a number is not compared with text by order: "9" would be more than "10"
  const condition = isText || sign === "==" ? alternatives : `@ ${sign} $scalar`;
  const isPlain = isText || JSON.stringify(scalar) === value;
  const field = operator === "=" && isPlain ? { names, value } : undefined;
  return {
    path: `${path} ? (${condition})`,
    variables: isText ? { text: value } : { text: value, scalar },
    butExists: operator === "!=" ? path : undefined,
    words: field === undefined ? words : [...words, ...wordsOf(value)],
    field,
  };
}

/** @returns the number, boolean or null that the text writes, else undefined */
function readScalar(value: string): number | boolean | null | undefined {
  if (!/^(?:-?\d[\d.eE+-]*|true|false|null)$/.test(value)) return undefined;
  try {
    const scalar = JSON.parse(value) as number | boolean | null;
    return typeof scalar === "number" && !Number.isFinite(scalar) ? undefined : scalar;
  } catch {
    return undefined;
  }
}

function unquote(text: string, quoted: string): string {
  try {
    return String(JSON.parse(`"${quoted}"`));
  } catch {
    throw refusal(text, `"${quoted.slice(0, 20)}" is not a name in quotes`);
  }
}

function refusal(text: string, problem: string): FirebreakError {
  return new FirebreakError(
    "bad_request",
    `path: ${JSON.stringify(text.slice(0, 60))}: ${problem}. Write a field and what it must be, such as data.tool=exec, ` +
      `data.args[0]~curl, data.bytes>=1000, data."a.b"!=x, or a field alone for events that have it.`,
  );
}
