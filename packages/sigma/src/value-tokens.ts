import { withDecoded } from "./decode.ts";
import { hashText, joinHalves } from "./hash.ts";

/** @param from and `to` say where in `text` it stands; take the text out only if it is needed */
export type TakeToken = (hash: number, text: string, from: number, to: number) => void;

/** Tokens taken from one record. */
const TOKENS_MAX = 8192;
/** Words of a phrase, its characters, and how many phrases are compared: eight words in a row are always found again. */
const PHRASE_WORDS = 5;
const PHRASE_CHARS_MIN = 20;
const PHRASES_COMPARED = 4;
const ADDRESS_CHARS_MIN = 6;
/** What stands around a value in prose, code, JSON and command lines. */
const VALUES = /[^\s"'`<>()[\]{}|;,\\*]+/g;
const PIECES = /[^=?&]+/g;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//;
/** A plain word, also with hyphens or an apostrophe, is nobody's own. */
const STRUCTURED = /[\d./:@_%#~+$]/;
const TIMESTAMP = /^\d{4}-\d\d-\d\d(?:t[\d:.]+z?)?$/;

/**
 * Takes what is long and rare enough to tell where it came from: addresses, paths, identifiers, and some phrases.
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
  const isAddress = run.includes("://");
  if (run.length < (isAddress ? ADDRESS_CHARS_MIN : charsMin)) return;
  const scheme = isAddress ? (SCHEME.exec(run)?.[0] ?? "") : "";
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

/**
 * Words in a row, whatever stands between them, told by the hashes of the words. Of the phrases that follow one another
 * the one of least hash is taken (winnowing): whoever shares enough words shares one of those.
 */
function takePhrases(text: string, take: TakeToken): void {
  const words = new Words();
  let from = -1;
  let hash = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    if (isLetter(code)) {
      if (from < 0) {
        from = at;
        hash = 0x811c9dc5;
      }
      hash = Math.imul(hash ^ code, 0x01000193);
    } else if (from >= 0) {
      words.add(hash, from, at);
      from = -1;
      const phrase = words.leastOfLast();
      if (phrase !== undefined) take(phrase.hash, text, phrase.from, phrase.to);
    }
  }
}

interface Phrase {
  readonly hash: number;
  readonly from: number;
  readonly to: number;
}

/** The last words, and of the last phrases that they make the one of least hash. */
class Words {
  readonly #hashes = new Int32Array(PHRASE_WORDS);
  readonly #starts = new Int32Array(PHRASE_WORDS);
  #words = 0;
  readonly #phrases: Phrase[] = [];
  #taken: Phrase | undefined;

  add(hash: number, from: number, to: number): void {
    this.#hashes[this.#words % PHRASE_WORDS] = hash;
    this.#starts[this.#words % PHRASE_WORDS] = from;
    this.#words += 1;
    const start = this.#starts[this.#words % PHRASE_WORDS] ?? 0;
    if (this.#words < PHRASE_WORDS || to - start < PHRASE_CHARS_MIN) return;
    this.#phrases.push({ hash: this.#hashOfLast(), from: start, to });
    if (this.#phrases.length > PHRASES_COMPARED) this.#phrases.shift();
  }

  /** The phrase to take, when there is another than before. */
  leastOfLast(): Phrase | undefined {
    if (this.#phrases.length < PHRASES_COMPARED) return undefined;
    let least = this.#phrases[0];
    for (const phrase of this.#phrases) if (least === undefined || phrase.hash <= least.hash) least = phrase;
    if (least === this.#taken) return undefined;
    this.#taken = least;
    return least;
  }

  #hashOfLast(): number {
    let low = 0x811c9dc5;
    let high = 0x9747b28c;
    for (let index = 0; index < PHRASE_WORDS; index++) {
      const word = this.#hashes[(this.#words + index) % PHRASE_WORDS] ?? 0;
      low = Math.imul(low ^ word, 0x01000193);
      high = Math.imul(high ^ word, 0x85ebca6b);
      high ^= high >>> 15;
    }
    return joinHalves(low, high);
  }
}

/** Letters and digits; outside of ASCII what is no punctuation, symbol or blank. The text is in lower case. */
function isLetter(code: number): boolean {
  if (code < 0x80) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
  if (code < 0xc0) return code === 0xaa || code === 0xb5 || code === 0xba;
  return !(code >= 0x2000 && code < 0x2c00) && !(code >= 0x3000 && code < 0x3040) && code < 0xfe00;
}
