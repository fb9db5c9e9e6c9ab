import { endOfRun, isIn, startOfRun } from "./char-class.ts";
import type { Report } from "./finding.ts";
import { isValueOf } from "./judge-value.ts";
import type { Binding } from "./judge-value.ts";
import { classifyName } from "./names.ts";

const NAME_CHARACTERS_MAX = 40;
const SPACES_MAX = 4;
const VALUE_CHARACTERS_MAX = 256;
const LINE_CHARACTERS_MAX = 512;

/**
 * A name of a secret begins at `at`: judges the whole name and what stands behind it, as `key=value`, `"key": "value"`,
 * `--key value`, `key := value` or `password is value`.
 *
 * @returns where the search goes on: behind a password, inside any other value, which may be of a known form
 */
export function findLabelled(text: string, at: number, length: number, report: Report): number {
  const end = endOfRun(text, at + length, "word", at + length + NAME_CHARACTERS_MAX);
  const start = startOfRun(text, at, "word", NAME_CHARACTERS_MAX);
  if (!text.startsWith("--", start) && !hasSignNear(text, end)) return at;
  const name = text.slice(start, end).replaceAll(/^[-_]+|[-_]+$/g, "");
  const category = classifyName(name.trim());
  if (category === null) return at;
  const value = findValue(text, end, text.startsWith("--", start));
  if (value === undefined) return at;
  const isHeader = /cookie$/i.test(name);
  const valueEnd = isHeader ? endOfLine(text, value.start) : value.end;
  if (
    !isValueOf(category, text.slice(value.start, Math.min(valueEnd, value.start + VALUE_CHARACTERS_MAX)), value.binding)
  ) {
    return at;
  }
  report(value.start, valueEnd, category, category === "PWD" ? "password" : (TYPES[category] ?? "named_secret"));
  return category === "PWD" ? valueEnd : value.start;
}

/** A quick look, because most words like these stand in prose. */
function hasSignNear(text: string, nameEnd: number): boolean {
  for (let at = nameEnd; at < nameEnd + SPACES_MAX + 3; at++) {
    const character = text[at] ?? "";
    if (SIGNS.includes(character)) return character !== "" && (character !== "i" || text[at + 1] === "s");
    if (!BEFORE_SIGN.includes(character)) return false;
  }
  return false;
}

const SIGNS = "=:i";
const BEFORE_SIGN = " \t\"'`])\\";

const TYPES: Readonly<Record<string, string>> = {
  SSN: "ssn",
  CC: "card_number",
  BANK: "bank_account",
  DOB: "date_of_birth",
  NAME: "person_name",
  PHONE: "phone",
  ADDR: "street_address",
  USER: "user_id",
  LOC: "location",
};

interface Value {
  readonly start: number;
  readonly end: number;
  readonly binding: Binding;
}

/** @param isFlag a space is separator enough behind `--password` */
function findValue(text: string, nameEnd: number, isFlag: boolean): Value | undefined {
  const separator = SEPARATOR;
  separator.lastIndex = nameEnd;
  const [matched] = separator.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const start = nameEnd + matched.length;
  const hasSign = /[=:]/.test(matched) || isFlag;
  if (!hasSign && !/\bis\b/i.test(matched)) return undefined;
  const quote = /["'`]$/.exec(matched)?.[0];
  if (quote !== undefined) return { start, end: endOfQuoted(text, start, quote), binding: "tight" };
  const isTight = isFlag || (!/\s/.test(matched) && matched.includes("="));
  return { start, end: endOfWord(text, start), binding: isTight ? "tight" : "loose" };
}

/** Closing quote or bracket of the name, a sign or `is`, an opening quote: each with few spaces, so matching is bounded. */
const SEPARATOR = new RegExp(
  String.raw`\\?["'\`\])]{0,2}[ \t]{0,${SPACES_MAX}}(?::=|=>|={1,3}|:|\bis:?(?= ))?[ \t]{0,${SPACES_MAX}}\\?["'\`]?`,
  "iy",
);

function endOfQuoted(text: string, start: number, quote: string): number {
  const stop = Math.min(text.length, start + VALUE_CHARACTERS_MAX);
  for (let at = start; at < stop; at++) {
    const character = text[at];
    if (character === quote || character === "\n") return text[at - 1] === "\\" && at > start ? at - 1 : at;
  }
  return stop;
}

/** Up to a space or what closes the surroundings. */
function endOfWord(text: string, start: number): number {
  const stop = Math.min(text.length, start + VALUE_CHARACTERS_MAX);
  let at = start;
  while (at < stop && !ENDS_WORD.has(text[at] ?? "")) at += 1;
  return at;
}

const ENDS_WORD: ReadonlySet<string> = new Set(" \t\r\n\"'`,;&<>)}]|\\".split(""));

function endOfLine(text: string, start: number): number {
  const line = text.slice(start, start + LINE_CHARACTERS_MAX);
  const end = line.search(/["'\r\n]/);
  return start + (end < 0 ? line.length : end);
}

const BEARER_CHARACTERS_MIN = 16;

/** `Bearer TOKEN`, `Basic BASE64` of a header. @returns where the search goes on */
export function findBearer(text: string, at: number, length: number, report: Report): number {
  if (isIn(text, at - 1, "word")) return at;
  let start = at + length;
  while (start < at + length + SPACES_MAX && text[start] === " ") start += 1;
  const end = endOfRun(text, start, "path", start + LINE_CHARACTERS_MAX);
  const value = text.slice(start, end);
  if (length === "basic ".length) {
    if (!isBasicCredential(value)) return at;
    report(start, end, "PWD", "basic_auth");
    return end;
  }
  const isToken = end - start >= BEARER_CHARACTERS_MIN && /\d/.test(value) && !/^[*.x]+$/i.test(value);
  if (!isToken) return at;
  report(start, end, "KEY", "bearer_token");
  return start;
}

function isBasicCredential(value: string): boolean {
  if (value.length < 8 || !/^[\w+/]+={0,2}$/.test(value)) return false;
  const decoded = Buffer.from(value, "base64").toString("latin1");
  return /^[\x20-\x7e]+$/.test(decoded) && decoded.indexOf(":") > 0;
}
