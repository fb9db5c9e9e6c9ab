import { withDecoded } from "./decode.ts";
import { hashText } from "./hash.ts";

/** @param from and `to` say where in `text` it stands; take the text out only if it is needed */
export type TakeToken = (hash: number, text: string, from: number, to: number) => void;

/** Tokens taken from one record. */
const TOKENS_MAX = 8192;
/** Words in a row that are taken for copied, and how many characters they have at least. */
const PHRASE_WORDS = 6;
const PHRASE_CHARS_MIN = 24;
const ADDRESS_CHARS_MIN = 6;
/** What stands around a value in prose, code, JSON and command lines. */
const VALUES = /[^\s"'`<>()[\]{}|;,\\*]+/g;
const WORDS = /[\p{L}\p{N}]+/gu;
const PIECES = /[^=?&]+/g;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//;
/** A plain word, also with hyphens or an apostrophe, is nobody's own. */
const STRUCTURED = /[\d./:@_%#~+$]/;
const TIMESTAMP = /^\d{4}-\d\d-\d\d(?:t[\d:.]+z?)?$/;

/**
 * Takes what is long and rare enough to tell where it came from: addresses, paths, identifiers, and phrases of six words.
 * Case does not count; URL encoding and base64 are looked through. Linear in the text.
 */
export function takeTokens(given: string, charsMin: number, take: TakeToken): void {
  const text = withDecoded(given).toLowerCase();
  let left = TOKENS_MAX;
  const bounded: TakeToken = (hash, of, from, to) => {
    if ((left -= 1) >= 0) take(hash, of, from, to);
  };
  for (const { 0: run, index } of text.matchAll(VALUES)) takeValue({ text, run, index }, charsMin, bounded);
  takePhrases(text, bounded);
}

interface Run {
  readonly text: string;
  readonly run: string;
  readonly index: number;
}

/** The value as a whole and, of an address or an assignment, its parts: the address without scheme and query too. */
function takeValue({ text, run, index }: Run, charsMin: number, take: TakeToken): void {
  const scheme = SCHEME.exec(run)?.[0] ?? "";
  if (run.length < Math.min(charsMin, ADDRESS_CHARS_MIN + scheme.length)) return;
  const least = scheme === "" ? charsMin : ADDRESS_CHARS_MIN;
  takeOne({ text, run: run.slice(scheme.length), index: index + scheme.length }, least, take);
  if (!/[=?&]/.test(run)) return;
  for (const piece of run.matchAll(PIECES)) {
    const own = SCHEME.exec(piece[0])?.[0] ?? "";
    const at = index + piece.index + own.length;
    takeOne({ text, run: piece[0].slice(own.length), index: at }, own === "" ? charsMin : ADDRESS_CHARS_MIN, take);
  }
}

function takeOne({ text, run, index }: Run, charsMin: number, take: TakeToken): void {
  let end = run.length;
  while (end > 0 && ".:!?/".includes(run.charAt(end - 1))) end -= 1;
  const value = end === run.length ? run : run.slice(0, end);
  if (value.length < charsMin || !STRUCTURED.test(value) || TIMESTAMP.test(value)) return;
  take(hashText(value), text, index, index + end);
}

function takePhrases(text: string, take: TakeToken): void {
  const words: { hash: number; from: number }[] = [];
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    words.push({ hash: hashText(word), from: index });
    if (words.length > PHRASE_WORDS) words.shift();
    const [first] = words;
    const to = index + word.length;
    if (words.length < PHRASE_WORDS || first === undefined || to - first.from < PHRASE_CHARS_MIN) continue;
    let hash = 1;
    for (const one of words) hash = (hash * 31 + one.hash) % 9_007_199_254_740_881;
    take(hash, text, first.from, to);
  }
}
