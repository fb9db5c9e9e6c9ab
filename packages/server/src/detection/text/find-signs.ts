/** What one look at a text tells of the forms that others may hide in it: most texts have no sign of any. */
export interface Signs {
  readonly isAscii: boolean;
  /** A blank that is no single space, or an underscore. */
  readonly hasOddBlanks: boolean;
  /** 20 characters of base64 follow one another. */
  readonly hasBase64: boolean;
  /** 24 hexadecimal digits, maybe parted by single spaces or colons, or a backslash. */
  readonly hasHex: boolean;
  /** Eight binary digits. */
  readonly hasBinary: boolean;
  /** A percent sign, an ampersand or a backslash. */
  readonly hasEscapes: boolean;
  /** The end of one of {@link ROTATED_WORDS} or {@link REVERSED_WORDS}. */
  readonly hasTurned: boolean;
  /** Digits or signs between letters, three times. */
  readonly hasLeet: boolean;
  /** Eight letters that stand alone, one after the other. */
  readonly hasSpaced: boolean;
  /** 29 characters without a letter among them, as the fewest that are decoded as Morse code. */
  readonly hasMorse: boolean;
}

const LETTER = 1;
const BASE64 = 2;
const HEX = 4;
const HEX_GAP = 8;
const BINARY = 16;
const LEET = 32;
const SPACER = 64;
const ESCAPE = 128;
const BACKSLASH = 256;
const ODD_BLANK = 512;
const SPACE = 1024;

const MEMBERS: readonly (readonly [number, string])[] = [
  [LETTER | BASE64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"],
  [BASE64, "0123456789+/"],
  [HEX, "0123456789abcdefABCDEF"],
  [HEX_GAP, " :"],
  [BINARY, "01"],
  [LEET, "01345@$!|"],
  [SPACER, " .*|~-"],
  [ESCAPE, "%&\\"],
  [BACKSLASH, "\\"],
  [ODD_BLANK, "\t\n\v\f\r_"],
  [SPACE, " "],
];

const KINDS = new Uint16Array(128);
for (const [kind, members] of MEMBERS) {
  for (let at = 0; at < members.length; at++) {
    const unit = members.charCodeAt(at);
    KINDS[unit] = (KINDS[unit] ?? 0) | kind;
  }
}

/** The last four characters in lower case as a number of 16 bits. */
const roll = (rolled: number, unit: number): number => ((rolled << 4) ^ (unit | 0x20)) & 0xffff;

/** Words that instructions to an agent have, as they look rotated by 13 and backwards. */
export const ROTATED_WORDS = ["vtaber", "vafgehpgvba", "cerivbhf", "qvfertneq", "flfgrz cebzcg", "cnffjbeq"] as const;
export const REVERSED_WORDS = ["erongi", "snoitcurtsni", "suoiverp", "dragersid", "tpmorp metsys", "drowssap"] as const;

/** By their last four characters. */
const TURNED = new Uint8Array(1 << 16);
for (const word of [...ROTATED_WORDS, ...REVERSED_WORDS]) {
  let rolled = 0;
  for (let at = word.length - 4; at < word.length; at++) rolled = roll(rolled, word.charCodeAt(at));
  TURNED[rolled] = 1;
}

const BASE64_MIN = 20;
const HEX_MIN = 24;
const BINARY_MIN = 8;
const LEET_MIN = 3;
const SPACED_MIN = 7;
const SPACERS_MAX = 3;
const MORSE_MIN = 29;

/** One pass. A sign may be there without the form, never the form without its sign. */
export function findSigns(text: string): Signs {
  let seen = 0;
  let beyond = 0;
  let rolled = 0;
  let turned = 0;
  let before = 0;
  let base64 = 0;
  let base64Most = 0;
  let hex = 0;
  let hexMost = 0;
  let binary = 0;
  let binaryMost = 0;
  let leets = 0;
  let isLeet = false;
  let spaced = 0;
  let spacedMost = 0;
  let spacers = 0;
  let spacersMost = 0;
  let doubled = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    beyond |= unit;
    const kind = unit < 128 ? (KINDS[unit] ?? 0) : 0;
    seen |= kind;
    rolled = roll(rolled, unit);
    turned |= TURNED[rolled] ?? 0;
    doubled |= kind & before & SPACE;
    if ((kind & BASE64) === 0) base64 = 0;
    else if (++base64 > base64Most) base64Most = base64;
    if ((kind & HEX) !== 0) {
      if (++hex > hexMost) hexMost = hex;
    } else if ((kind & HEX_GAP) === 0 || (before & HEX) === 0) hex = 0;
    if ((kind & BINARY) === 0) binary = 0;
    else if (++binary > binaryMost) binaryMost = binary;
    if ((kind & LETTER) !== 0) {
      if (isLeet) leets += 1;
      isLeet = false;
      if ((before & LETTER) !== 0 || spacers > SPACERS_MAX) spaced = 0;
      if (spacers > spacersMost) spacersMost = spacers;
      spacers = 0;
    } else {
      isLeet = (kind & LEET) !== 0 && (isLeet || (before & LETTER) !== 0);
      if ((kind & SPACER) === 0) spaced = 0;
      else if ((before & LETTER) !== 0 && ++spaced > spacedMost) spacedMost = spaced;
      spacers += 1;
    }
    before = kind;
  }
  return {
    isAscii: beyond < 128,
    hasOddBlanks: beyond >= 128 || doubled !== 0 || (seen & ODD_BLANK) !== 0,
    hasBase64: base64Most >= BASE64_MIN,
    hasHex: hexMost >= HEX_MIN || (seen & BACKSLASH) !== 0,
    hasBinary: binaryMost >= BINARY_MIN,
    hasEscapes: (seen & ESCAPE) !== 0,
    hasTurned: turned !== 0,
    hasLeet: leets >= LEET_MIN,
    hasSpaced: spacedMost >= SPACED_MIN,
    hasMorse: Math.max(spacersMost, spacers) >= MORSE_MIN,
  };
}
