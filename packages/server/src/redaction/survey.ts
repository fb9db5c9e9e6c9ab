/** What one quick look at a text tells: most texts hold nothing of the dearer kinds. */
export interface Survey {
  /** characters that may hide others: escapes, percent signs, anything beyond ASCII */
  readonly isOdd: boolean;
  readonly hasLineEnd: boolean;
  /** most digits in a row, with the separators of numbers between them */
  readonly digitsInNumber: number;
  readonly hasDigits: boolean;
  /** longest stretch of letters, digits and the signs of base64 */
  readonly longestRun: number;
  /** twelve words of three to eight letters follow each other */
  readonly hasWordRow: boolean;
}

const LETTER = 1;
const DIGIT = 2;
/** part of base64 */
const ENCODING = 4;
/** between the groups of a number */
const SEPARATOR = 8;
const ODD = 16;
const LINE_END = 32;

const KINDS = new Uint8Array(128);
const mark = (characters: string, kind: number) => {
  for (let at = 0; at < characters.length; at++) {
    const unit = characters.charCodeAt(at);
    KINDS[unit] = (KINDS[unit] ?? 0) | kind;
  }
};
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", LETTER | ENCODING);
mark("0123456789", DIGIT | ENCODING);
mark("+/=_-", ENCODING);
mark(" ().-+", SEPARATOR);
mark("%\\&", ODD);
mark("\n", LINE_END);

const WORDS_IN_ROW = 12;
/** Characters between two words of a row: a comma, a line end, a number. */
export const WORD_GAP_MAX = 5;

/** One pass over the text. */
export function surveyText(text: string): Survey {
  let seen = 0;
  let run = 0;
  let longestRun = 0;
  let number = 0;
  let digitsInNumber = 0;
  let word = 0;
  let words = 0;
  let gap = 0;
  let hasWordRow = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const kind = unit < 128 ? (KINDS[unit] ?? 0) : ODD;
    seen |= kind;
    if ((kind & ENCODING) !== 0) run += 1;
    else {
      if (run > longestRun) longestRun = run;
      run = 0;
    }
    if ((kind & DIGIT) !== 0) number += 1;
    else if ((kind & SEPARATOR) === 0) {
      if (number > digitsInNumber) digitsInNumber = number;
      number = 0;
    }
    if ((kind & LETTER) !== 0) {
      if (gap > WORD_GAP_MAX) words = 0;
      gap = 0;
      word += 1;
      continue;
    }
    gap += 1;
    if (word === 0) continue;
    words = word >= 3 && word <= 8 ? words + 1 : 0;
    if (words >= WORDS_IN_ROW) hasWordRow = true;
    word = 0;
  }
  return {
    isOdd: (seen & ODD) !== 0,
    hasLineEnd: (seen & LINE_END) !== 0,
    digitsInNumber: Math.max(digitsInNumber, number),
    hasDigits: (seen & DIGIT) !== 0,
    longestRun: Math.max(longestRun, run),
    hasWordRow: hasWordRow || (word >= 3 && word <= 8 && words + 1 >= WORDS_IN_ROW),
  };
}
