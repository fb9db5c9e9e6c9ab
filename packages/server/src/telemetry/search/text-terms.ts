import { EVENT_SEARCH_LIMITS } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";

/** Something that must stand in the text of an event: in lower case, beginning and ending at the edges of words. */
export interface TextTerm {
  readonly text: string;
  /** its last word may go on */
  readonly isPrefix: boolean;
}

/** A character of a word: anything but the punctuation, spaces and controls of ASCII. The text is in lower case. */
const SEPARATORS = String.raw`\u0001-\u002f\u003a-\u0060\u007b-\u007f`;
const WORDS = /[a-z0-9\u0080-\u{10ffff}]+/gu;
const LAST_WORD = /[a-z0-9\u0080-\u{10ffff}]$/u;
const FIRST_WORD = /^[a-z0-9\u0080-\u{10ffff}]/u;

const TERM = /"((?:[^"\\]|\\.)*)"?(\*?)|(\S+)/gsu;

/**
 * Splits what a person typed: words, and phrases in double quotes, which may hold `\"`. A `*` at the end of either
 * stands for the rest of a word.
 *
 * @throws FirebreakError bad_request when there are too many
 */
export function parseTerms(text: string): TextTerm[] {
  const terms: TextTerm[] = [];
  for (const [, phrase, star, word = ""] of text.matchAll(TERM)) {
    const isPrefix = phrase === undefined ? word.endsWith("*") : star === "*";
    const given = phrase === undefined ? word.replace(/\*+$/, "") : phrase.replaceAll(/\\(.)/gsu, "$1");
    const term = toSearchText(given).trim();
    if (term !== "") terms.push({ text: term, isPrefix });
  }
  if (terms.length <= EVENT_SEARCH_LIMITS.termsMax) return terms;
  throw new FirebreakError(
    "bad_request",
    `text: ${terms.length} words are more than ${EVENT_SEARCH_LIMITS.termsMax}; search for fewer, or put a phrase in quotes.`,
  );
}

/** Controls are spaces in the text of an event, and one space in a term stands for as many as there are. */
function toSearchText(given: string): string {
  return given.toLowerCase().replaceAll(/[\s\p{Cc}]+/gu, " ");
}

/** @returns the words in a text, in lower case; a word that is cut at one end is not told apart */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORDS) ?? [];
}

/** @returns whether the term leaves its last word open */
export function isOpenEnded({ text, isPrefix }: TextTerm): boolean {
  return isPrefix && LAST_WORD.test(text);
}

/** @returns a regular expression of PostgreSQL for the text of an event: no part of it can be more than literal text */
export function toPattern(term: TextTerm): string {
  const literal = term.text
    .split(" ")
    .map((part) => part.replaceAll(/[\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e]/gu, String.raw`\$&`))
    .join(" +");
  const before = FIRST_WORD.test(term.text) ? `(?:^|[${SEPARATORS}])` : "";
  const after = LAST_WORD.test(term.text) && !term.isPrefix ? `(?:$|[${SEPARATORS}])` : "";
  return `${before}${literal}${after}`;
}
