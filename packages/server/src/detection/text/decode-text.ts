import { decodeBase32, decodeBase64, decodeHex, decodeMorse, rotate13, turnUpright } from "./decode.ts";
import { REVERSED_WORDS, ROTATED_WORDS } from "./find-signs.ts";
import type { Signs } from "./find-signs.ts";
import { foldText } from "./fold-text.ts";

const FOUND_MAX = 8;

const ROTATED = new RegExp(ROTATED_WORDS.join("|"), "i");
const REVERSED = new RegExp(REVERSED_WORDS.join("|"), "i");
const LEET = /[a-z][01345@$!|]+[a-z]/gi;
const LEET_MIN = 3;
const MORSE = /(?<![.-])(?:[.-]{1,5}[ /|]{1,3}){14,}[.-]{1,5}/g;
const UPSIDE_DOWN = /[ɐɔǝɟƃɥɾʞɯɹʇʌʍʎ]/g;
const UPSIDE_DOWN_MIN = 6;
const SPACED = /(?<![\w])(?:[a-z][ .*|~-]{1,3}){7,}[a-z](?![\w])/gi;

/**
 * What a text holds in another form: base64, base32, hexadecimal, Morse code, percent and character escapes, letters that are
 * rotated, reversed, upside down, spaced out or written as digits. Each only where there is a sign of it, so that plain texts cost little.
 *
 * @param text folded
 * @param original as it was sent
 * @param signs of the folded text and, as far as escapes go, of the original
 */
export function decodeText(text: string, original: string, signs: Signs): string[] {
  const found: string[] = [];
  if (signs.hasBase64) found.push(...matchesOf(text, /[A-Za-z\d+/]{20,}={0,2}/g, decodeBase64));
  if (signs.hasBase64) found.push(...matchesOf(text, /\b[A-Z2-7]{32,}={0,6}/g, decodeBase32));
  if (signs.hasHex) found.push(...matchesOf(text, /(?:[\da-f]{2}[ :]?){12,}|(?:\\x[\da-f]{2}){8,}/gi, decodeHex));
  if (signs.hasBinary) found.push(...matchesOf(text, /(?:[01]{8}[ ,]?){6,}/g, decodeBinary));
  if (signs.hasMorse) found.push(...matchesOf(text, MORSE, decodeMorse));
  if (signs.hasEscapes) found.push(...decodeEscapes(original));
  if (signs.hasTurned && ROTATED.test(text)) found.push(rotate13(text));
  if (signs.hasTurned && REVERSED.test(text)) found.push(Array.from(text).toReversed().join(""));
  if (!signs.isAscii && (original.match(UPSIDE_DOWN)?.length ?? 0) >= UPSIDE_DOWN_MIN) {
    found.push(turnUpright(original));
  }
  if (signs.hasLeet && (text.match(LEET)?.length ?? 0) >= LEET_MIN) found.push(readLeet(text));
  if (signs.hasSpaced) for (const [run] of [...text.matchAll(SPACED)].slice(0, FOUND_MAX)) found.push(joinLetters(run));
  return found.map((one) => foldText(one));
}

function matchesOf(text: string, pattern: RegExp, decode: (text: string) => string | undefined): string[] {
  const found: string[] = [];
  for (const [match] of text.matchAll(pattern)) {
    if (found.length === FOUND_MAX) break;
    const plain = decode(match);
    if (plain !== undefined && /[a-z]{3}/i.test(plain)) found.push(plain);
  }
  return found;
}

function decodeBinary(text: string): string {
  return text.replaceAll(/[01]{8}[ ,]?/g, (bits) => String.fromCharCode(Number.parseInt(bits, 2)));
}

function decodeEscapes(text: string): string[] {
  const found: string[] = [];
  if (/(?:%[\da-f]{2}){2}|%20\w+%20/i.test(text)) {
    found.push(text.replaceAll(/%([2-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
  }
  if (/(?:&#x?[\da-f]{2,6};){3}/i.test(text)) {
    found.push(
      text.replaceAll(/&#(x?)([\da-f]{2,6});/gi, (_, hex: string, digits: string) => {
        const code = Number.parseInt(digits, hex === "" ? 10 : 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : "";
      }),
    );
  }
  if (/(?:\\u00[2-7][\da-f]){4}/i.test(text)) {
    found.push(
      text.replaceAll(/\\u00([2-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
  }
  return found;
}

const LEET_LETTERS: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "!": "i",
  "|": "l",
};

function readLeet(text: string): string {
  return text.replaceAll(/[013457@$!|]/g, (sign) => LEET_LETTERS[sign] ?? sign);
}

/** Wider gaps part words; where there are none the letters become one word. */
function joinLetters(run: string): string {
  return run
    .split(/ {2,}|[ .*|~-]{2,}/)
    .map((word) => word.replaceAll(/[ .*|~-]/g, ""))
    .join(" ");
}
