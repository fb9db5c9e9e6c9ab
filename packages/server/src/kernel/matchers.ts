import { MATCHER_OPERATORS, matcher } from "@firebreak/protocol";
import type { Matcher } from "@firebreak/protocol";
import { compilePattern } from "@firebreak/sigma/pattern";

export type Labels = Readonly<Record<string, string>>;

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Matchers of one silence, route or query. */
export const MATCHERS_MAX = 32;

/** `name op value`, the value in double quotes or without; quotes and backslashes inside are escaped as in JSON. */
const MATCHER_TEXT = /\s*("(?:[^"\\]|\\.)*"|[^\s"=!~,{}]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^\s",{}]*)\s*/y;

/**
 * Reads conditions as Alertmanager writes them: `team="db", instance=~"web-.*"`, in braces or not.
 *
 * @returns the matchers, or the first thing that is wrong
 */
export function parseMatchers(text: string): Parsed<Matcher[]> {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1] ?? text;
  const matchers: Matcher[] = [];
  for (let at = 0; at < inner.length; at += 1) {
    MATCHER_TEXT.lastIndex = at;
    const found = MATCHER_TEXT.exec(inner);
    if (found === null)
      return refuse(`a matcher such as team="db" is expected at ${JSON.stringify(excerpt(inner, at))}`);
    const read = readMatcher(found[1] ?? "", found[2] ?? "", found[3] ?? "");
    if (!read.ok) return read;
    matchers.push(read.value);
    at = MATCHER_TEXT.lastIndex;
    if (at < inner.length && inner[at] !== ",") {
      return refuse(`a comma is expected at ${JSON.stringify(excerpt(inner, at))}`);
    }
  }
  if (matchers.length === 0) return refuse('name at least one condition, for example alertname="HighLatency"');
  return matchers.length > MATCHERS_MAX ? refuse(`at most ${MATCHERS_MAX} conditions are taken`) : accept(matchers);
}

function readMatcher(nameText: string, opText: string, valueText: string): Parsed<Matcher> {
  const name = unquote(nameText);
  const value = unquote(valueText);
  const op = MATCHER_OPERATORS.find((known) => known === opText);
  if (name === undefined || value === undefined)
    return refuse("a text in quotes has an escape that JSON does not know");
  const read = matcher.safeParse({ name, op, value });
  return read.success ? accept(read.data) : refuse("a name has 1 to 128 characters, a value 1,024 at most");
}

function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

const excerpt = (text: string, at: number) => text.slice(at, at + 20);
const refuse = (problem: string) => ({ ok: false, problem }) as const;
const accept = <T>(value: T) => ({ ok: true, value }) as const;

/** @returns the conditions as a person writes them */
export function formatMatchers(matchers: readonly Matcher[]): string {
  return matchers.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(", ");
}

/** A test of labels that stays right for ever: it keeps no state. */
export type LabelTest = (labels: Labels) => boolean;

/**
 * Compiles conditions that must all hold. What cannot be decided (a pattern made to be too dear) does not hold, so that
 * in doubt nothing is muted.
 */
export function compileMatchers(matchers: readonly Matcher[]): Parsed<LabelTest> {
  const tests: LabelTest[] = [];
  for (const one of matchers) {
    const test = compileMatcher(one);
    if (!test.ok) return test;
    tests.push(test.value);
  }
  return accept((labels) => tests.every((test) => test(labels)));
}

function compileMatcher(one: Matcher): Parsed<LabelTest> {
  const compiled = compileValueTest(one);
  if (!compiled.ok) return compiled;
  const { name } = one;
  return accept((labels) => compiled.value(Object.hasOwn(labels, name) ? (labels[name] ?? "") : ""));
}

/** The condition on the value alone. An absent label is an empty value. */
export function compileValueTest({ op, value }: Pick<Matcher, "op" | "value">): Parsed<(text: string) => boolean> {
  switch (op) {
    case "=":
      return accept((text) => text === value);
    case "!=":
      return accept((text) => text !== value);
    case "=~":
    case "!~": {
      const pattern = compilePattern(value);
      if (!pattern.ok) {
        return refuse(
          `the regular expression ${JSON.stringify(value)} has ${pattern.message} at character ${pattern.offset + 1}`,
        );
      }
      const wanted = op === "=~";
      return accept((text) => pattern.matches(text) === wanted);
    }
    default:
      return op satisfies never;
  }
}
