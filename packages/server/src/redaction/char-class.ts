/** Classes of ASCII characters as bits, so that one look in a table answers for any set of them. */
const UPPER = 1;
const LOWER = 2;
const DIGIT = 4;
const HEX_LETTER = 8;
const UNDERSCORE = 16;
const HYPHEN = 32;
const DOT = 64;
const PLUS = 128;
const EQUALS = 256;
const TILDE = 512;
const PERCENT = 1024;
const UPPER_BASE32 = 2048;
const SLASH = 4096;

const MEMBERS: readonly (readonly [number, string])[] = [
  [UPPER, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
  [LOWER, "abcdefghijklmnopqrstuvwxyz"],
  [DIGIT, "0123456789"],
  [HEX_LETTER, "abcdefABCDEF"],
  [UNDERSCORE, "_"],
  [HYPHEN, "-"],
  [DOT, "."],
  [PLUS, "+"],
  [SLASH, "/"],
  [EQUALS, "="],
  [TILDE, "~"],
  [PERCENT, "%"],
  [UPPER_BASE32, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"],
];

const CLASSES = new Uint16Array(128);
for (const [bit, members] of MEMBERS) {
  for (let at = 0; at < members.length; at++) {
    const unit = members.charCodeAt(at);
    CLASSES[unit] = (CLASSES[unit] ?? 0) | bit;
  }
}

const ALNUM = UPPER | LOWER | DIGIT;

/** What the body of a key may consist of. */
export const CHARSETS = {
  alnum: ALNUM,
  base32: UPPER_BASE32,
  base64: ALNUM | PLUS | SLASH | EQUALS,
  digits: DIGIT,
  dotted: ALNUM | UNDERSCORE | HYPHEN | DOT,
  encoded: ALNUM | PLUS | SLASH | EQUALS | PERCENT | UNDERSCORE | HYPHEN,
  email: ALNUM | UNDERSCORE | HYPHEN | DOT | PERCENT | PLUS,
  hex: DIGIT | HEX_LETTER,
  letters: UPPER | LOWER,
  path: ALNUM | UNDERSCORE | HYPHEN | DOT | PLUS | SLASH | EQUALS | TILDE,
  upper: UPPER | DIGIT,
  word: ALNUM | UNDERSCORE | HYPHEN,
} as const;
export type Charset = keyof typeof CHARSETS;

/** @returns whether the character at a place belongs to the set; false beyond the text's ends */
export function isIn(text: string, at: number, set: Charset): boolean {
  const unit = text.charCodeAt(at);
  return unit < 128 && ((CLASSES[unit] ?? 0) & CHARSETS[set]) !== 0;
}

/** @returns where the run of characters of the set that begins at `at` ends, `limit` at the latest */
export function endOfRun(text: string, at: number, set: Charset, limit: number = text.length): number {
  const mask = CHARSETS[set];
  const stop = Math.min(limit, text.length);
  let end = at;
  for (; end < stop; end++) {
    const unit = text.charCodeAt(end);
    if (unit >= 128 || ((CLASSES[unit] ?? 0) & mask) === 0) break;
  }
  return end;
}

/** @returns where the run of characters of the set that ends before `at` begins, `charsMax` before it at the earliest */
export function startOfRun(text: string, at: number, set: Charset, charsMax: number): number {
  let start = at;
  while (start > 0 && at - start < charsMax && isIn(text, start - 1, set)) start -= 1;
  return start;
}

/** Lower-cased unit of each ASCII character. */
export const FOLDED = Uint8Array.from({ length: 128 }, (_, unit) =>
  String.fromCharCode(unit).toLowerCase().charCodeAt(0),
);

const ENTROPY_CHARS_MAX = 64;
const counts = new Uint8Array(128);
const WEIGHTS = Float64Array.from({ length: ENTROPY_CHARS_MAX + 1 }, (_, count) =>
  count < 2 ? 0 : count * Math.log2(count),
);

/** @returns Shannon entropy of the first 64 characters of a range in bits per character */
export function entropyOf(text: string, start: number, end: number): number {
  const stop = Math.min(end, start + ENTROPY_CHARS_MAX);
  const length = stop - start;
  if (length <= 1) return 0;
  counts.fill(0);
  for (let at = start; at < stop; at++)
    counts[text.charCodeAt(at) & 127] = (counts[text.charCodeAt(at) & 127] ?? 0) + 1;
  let sum = 0;
  for (let at = start; at < stop; at++) {
    const unit = text.charCodeAt(at) & 127;
    sum += WEIGHTS[counts[unit] ?? 0] ?? 0;
    counts[unit] = 0;
  }
  return Math.log2(length) - sum / length;
}
