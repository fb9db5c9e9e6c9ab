import { RE2JS } from "re2js";
import { FirebreakError, messageOf } from "../../kernel/index.ts";

/** What stands in a text where something of the person stood. */
const ERASED = "[ERASED]";

export interface Terms {
  readonly values: readonly string[];
  readonly patterns: readonly string[];
}

export interface Matcher {
  matches(text: string): boolean;
  /** the text with everything that matches replaced */
  mask(text: string): string;
  /** one of these stands, in whatever case, in every text that matches; null: that cannot be told */
  readonly likely: readonly string[] | null;
}

/**
 * Values are found whole, without regard to case, also percent-encoded or escaped as in JSON. They are literal texts to the
 * engine, so that no value can stall it; patterns go to the linear engine of RE2.
 *
 * @throws FirebreakError `bad_request` for a pattern that is none, or that is found in the empty text
 */
export function compileTerms({ values, patterns }: Terms): Matcher {
  const source = values.map(sourceOf).join("|");
  const once = values.length === 0 ? null : new RegExp(source, "iu");
  const all = values.length === 0 ? null : new RegExp(source, "giu");
  const compiled = patterns.map(compilePattern);
  const runs = values.map(longestRun);
  return {
    matches: (text) => once?.test(text) === true || compiled.some((pattern) => pattern.matcher(text).find()),
    mask: (text) => compiled.reduce(maskPattern, all === null ? text : text.replace(all, ERASED)),
    likely: patterns.length > 0 || runs.some((run) => run.length < RUN_MIN) ? null : runs,
  };
}

function compilePattern(pattern: string): RE2JS {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (fault) {
    throw new FirebreakError("bad_request", `${pattern} is no regular expression of RE2: ${messageOf(fault)}`);
  }
  if (!compiled.matcher("").find()) return compiled;
  throw new FirebreakError("bad_request", `The pattern ${pattern} is found in every text. Say what the person's is.`);
}

function maskPattern(text: string, pattern: RE2JS): string {
  const matcher = pattern.matcher(text);
  let [masked, from] = ["", 0];
  while (matcher.find()) {
    if (matcher.end() === matcher.start()) continue;
    masked += text.slice(from, matcher.start()) + ERASED;
    from = matcher.end();
  }
  return masked + text.slice(from);
}

/** What stands before a whole value: nothing of a word, or the end of an escape such as `\n` or `%0A`. */
const ESCAPES = String.raw`\\[bfnrt]|\\u[0-9a-f]{4}|%[0-9a-f]{2}`;
const BEFORE = String.raw`(?<=^|[^\p{L}\p{N}_]|${ESCAPES})`;
const BEFORE_ADDRESS = String.raw`(?<=^|[^\p{L}\p{N}_.+-]|${ESCAPES})`;
const AFTER = String.raw`(?![\p{L}\p{N}_])`;

function sourceOf(value: string): string {
  const characters = Array.from(value.replace(/\s+/gu, " "), characterSource);
  return `${value.includes("@") ? BEFORE_ADDRESS : BEFORE}${characters.join("")}${AFTER}`;
}

function characterSource(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  if (character === " ") return String.raw`(?:\s|%20|\+){1,4}`;
  const percent = encodeURIComponent(character).replace(/^[!'()*~._-]$/, percentOf);
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  const escaped = units.map((unit) => String.raw`\\u${unit.toString(16).padStart(4, "0")}`).join("");
  const literal = character.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return `(?:${literal}|${percent}|${escaped})`;
}

const percentOf = (character: string): string => `%${character.charCodeAt(0).toString(16)}`;

const RUN_MIN = 3;

/** The longest part that every way of writing the value has. */
function longestRun(value: string): string {
  const runs = value.match(/[A-Za-z0-9]+/g) ?? [];
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), "");
}

const DEPTH_MAX = 200;

/** @returns whether a text or number within a JSON value matches, names of members too */
export function matchesJson(value: unknown, matcher: Matcher): boolean {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined || open.length > 0; next = open.pop()) {
    if (typeof next === "string" || typeof next === "number") {
      if (matcher.matches(String(next))) return true;
    } else if (Array.isArray(next)) open.push(...next.filter((member) => member !== null && member !== undefined));
    else if (typeof next === "object" && next !== null) {
      for (const [name, member] of Object.entries(next)) open.push(name, member ?? "");
    }
  }
  return false;
}

/** @returns the JSON value with everything that matches replaced */
export function maskJson(value: unknown, matcher: Matcher, depth = 0): unknown {
  if (depth > DEPTH_MAX) return ERASED;
  if (typeof value === "string") return matcher.mask(value);
  if (typeof value === "number") return matcher.matches(String(value)) ? ERASED : value;
  if (Array.isArray(value)) return value.map((member) => maskJson(member, matcher, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [matcher.mask(name), maskJson(member, matcher, depth + 1)]),
  );
}
