import { endOfRun, isIn } from "./char-class.ts";

/** Another reading of a text, with the place in the original of each of its characters and of its end. */
export interface View {
  readonly text: string;
  readonly places: Int32Array;
}

/** Characters that nobody sees, encoded characters, and full-width forms. */
const ODD = /[%\\&\uff01-\uff5e]|\p{Default_Ignorable_Code_Point}/u;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
/** First half of the tag characters U+E0020 to U+E007E, which spell ASCII that nobody sees. */
const TAG_LEAD = 0xdb40;

/**
 * The text as another program would read it: percent encoding, escapes of JSON and of shells, HTML numbers, full-width
 * letters and invisible characters undone. Undefined when there is none of them.
 */
export function decodeText(text: string): View | undefined {
  if (!ODD.test(text)) return undefined;
  const places = new Int32Array(text.length + 1);
  let decoded = "";
  let changed = false;
  for (let at = 0; at < text.length;) {
    const { character, length } = readCharacter(text, at);
    if (character !== "") {
      places[decoded.length] = at;
      decoded += character;
    }
    if (length !== 1 || character !== text[at]) changed = true;
    at += length;
  }
  places[decoded.length] = text.length;
  return changed ? { text: decoded, places } : undefined;
}

interface Read {
  readonly character: string;
  readonly length: number;
}

function readCharacter(text: string, at: number): Read {
  const character = text.charAt(at);
  const unit = text.charCodeAt(at);
  if (unit >= 0xff01 && unit <= 0xff5e) return { character: String.fromCharCode(unit - 0xfee0), length: 1 };
  if (unit === TAG_LEAD) return readTag(text, at);
  if (character === "%") return readHex(text, at, 1, 2) ?? { character, length: 1 };
  if (character === "\\") return readEscape(text, at);
  if (character === "&" && text[at + 1] === "#") return readHtmlNumber(text, at) ?? { character, length: 1 };
  return { character: unit > 127 && INVISIBLE.test(character) ? "" : character, length: 1 };
}

function readTag(text: string, at: number): Read {
  const unit = text.charCodeAt(at + 1) - 0xdc00;
  return { character: unit >= 0x20 && unit < 0x7f ? String.fromCharCode(unit) : "", length: 2 };
}

function readEscape(text: string, at: number): Read {
  const kind = text[at + 1] ?? "";
  if (kind === "u") return readHex(text, at, 2, 4) ?? { character: "\\", length: 1 };
  if (kind === "x") return readHex(text, at, 2, 2) ?? { character: "\\", length: 1 };
  if (kind === "n" || kind === "r" || kind === "t") return { character: kind === "t" ? "\t" : "\n", length: 2 };
  if (kind === "\n") return { character: "", length: 2 };
  return kind !== "" && "\"'\\/`$ ".includes(kind) ? { character: kind, length: 2 } : { character: "\\", length: 1 };
}

/** ASCII only: what a key is made of. */
function readHex(text: string, at: number, skip: number, digits: number): Read | undefined {
  const start = at + skip;
  if (endOfRun(text, start, "hex", start + digits) !== start + digits) return undefined;
  const unit = Number.parseInt(text.slice(start, start + digits), 16);
  return unit < 128 ? { character: String.fromCharCode(unit), length: skip + digits } : undefined;
}

function readHtmlNumber(text: string, at: number): Read | undefined {
  const isHex = text[at + 2] === "x";
  const start = at + (isHex ? 3 : 2);
  const end = endOfRun(text, start, isHex ? "hex" : "digits", start + 4);
  const unit = Number.parseInt(text.slice(start, end), isHex ? 16 : 10);
  return text[end] === ";" && unit < 128 ? { character: String.fromCharCode(unit), length: end + 1 - at } : undefined;
}

/** Between the parts of a long string: a line end with indentation, or a closing and an opening quote with `+`. */
const SEAM = /[ \t]*\r?\n[ \t]*|["'][ \t]*[+.]?[ \t]*(?:\r?\n[ \t]*)?["']/g;
const PART_CHARACTERS_MIN = 4;

/** The text with lines and quoted parts joined where both sides look like parts of one key. Undefined without such seams. */
export function joinParts(text: string): View | undefined {
  const places = new Int32Array(text.length + 1);
  let joined = "";
  let from = 0;
  const take = (to: number) => {
    for (let at = from; at < to; at++) places[joined.length + at - from] = at;
    joined += text.slice(from, to);
  };
  for (const { index, 0: seam } of text.matchAll(SEAM)) {
    const next = index + seam.length;
    if (!isPart(text, index - PART_CHARACTERS_MIN) || !isPart(text, next)) continue;
    take(index);
    from = next;
  }
  if (from === 0) return undefined;
  take(text.length);
  places[joined.length] = text.length;
  return { text: joined, places };
}

function isPart(text: string, at: number): boolean {
  for (let offset = 0; offset < PART_CHARACTERS_MIN; offset++) if (!isIn(text, at + offset, "path")) return false;
  return true;
}

export const ENCODED_CHARACTERS_MIN = 24;
const PRINTABLE = /^[\t\n\r\x20-\x7e]+$/;

/** A stretch of base64 that holds text, and that text. */
export interface Encoded {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Base64 that decodes to plain text, such as a key behind `base64`. */
export function decodeBase64(text: string): Encoded[] {
  const found: Encoded[] = [];
  for (let at = 0; at < text.length; at++) {
    const end = endOfRun(text, at, "base64");
    if (end - at >= ENCODED_CHARACTERS_MIN) {
      const run = text.slice(at, end);
      const decoded = /[A-Z]/.test(run) && /[a-z]/.test(run) ? Buffer.from(run, "base64").toString("latin1") : "";
      if (PRINTABLE.test(decoded)) found.push({ start: at, end, text: decoded });
    }
    at = end;
  }
  return found;
}
