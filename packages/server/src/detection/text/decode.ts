import { gunzipSync, inflateSync } from "node:zlib";

const DECODED_BYTES_MAX = 64 * 1024;
/** Share of characters that must be readable for a decoded text to be taken for one. */
const READABLE_MIN = 0.9;

/** @returns the text behind base64 (also URL-safe, without padding); undefined when it is none */
export function decodeBase64(text: string): string | undefined {
  const compact = text.replaceAll(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/");
  if (compact.length < 4 || !/^[A-Za-z\d+/]+={0,2}$/.test(compact)) return undefined;
  return toText(Buffer.from(compact, "base64"));
}

/** @returns the text behind base32 */
export function decodeBase32(text: string): string | undefined {
  const compact = text.replaceAll(/\s+/g, "").replace(/=+$/, "");
  if (compact.length < 4 || !/^[A-Z2-7]+$/.test(compact)) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of compact) {
    value = ((value << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((value >> (bits -= 8)) & 0xff);
  }
  return toText(Buffer.from(bytes));
}

/** @returns the text behind pairs of hexadecimal digits, with or without `\x`, `0x`, spaces and the columns of a dump */
export function decodeHex(text: string): string | undefined {
  const compact = text.replaceAll(/^[\da-f]{6,8}:/gim, "").replaceAll(/\\x|0x|[\s:,]+/gi, "");
  if (compact.length < 4 || compact.length % 2 === 1 || !/^[\da-f]+$/i.test(compact)) return undefined;
  return toText(Buffer.from(compact, "hex"));
}

/** PowerShell's `-EncodedCommand`: base64 of UTF-16LE. */
export function decodeUtf16Base64(text: string): string | undefined {
  const compact = text.trim();
  if (compact.length < 4 || !/^[A-Za-z\d+/]+={0,2}$/.test(compact)) return undefined;
  const decoded = Buffer.from(compact, "base64").toString("utf16le");
  return isReadable(decoded) ? decoded : decodeBase64(compact);
}

/** @returns what packed bytes hold; they are carried in a text of one character for each byte */
export function unpack(bytes: string): string | undefined {
  try {
    const packed = Buffer.from(bytes, "latin1");
    const limit = { maxOutputLength: DECODED_BYTES_MAX };
    const plain = packed[0] === 0x1f ? gunzipSync(packed, limit) : inflateSync(packed, limit);
    return toText(plain);
  } catch {
    return undefined;
  }
}

export function rotate13(text: string): string {
  return text.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter <= "Z" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}

const MORSE_LETTERS: ReadonlyMap<string, string> = new Map(
  (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. " +
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
  )
    .split(" ")
    .map((signs, index) => [signs, "abcdefghijklmnopqrstuvwxyz0123456789"[index] ?? ""]),
);

/** @returns the text behind dots and dashes, of which a space parts letters and a stroke or more spaces part words */
export function decodeMorse(text: string): string | undefined {
  const words = text.split(/ *[/|] *| {2,}/).map((word) => word.split(" ").map((signs) => MORSE_LETTERS.get(signs)));
  return words.flat().includes(undefined) ? undefined : words.map((letters) => letters.join("")).join(" ");
}

const TURNED: ReadonlyMap<string, string> = new Map(
  Array.from("ɐqɔpǝɟƃɥıɾʞlɯuodbɹsʇnʌʍxʎz", (letter, index) => [letter, "abcdefghijklmnopqrstuvwxyz"[index] ?? letter]),
);

/** @returns a text that stood on its head, from the other end */
export function turnUpright(text: string): string {
  return Array.from(text.toLowerCase(), (letter) => TURNED.get(letter) ?? letter)
    .toReversed()
    .join("");
}

function toText(bytes: Buffer): string | undefined {
  const isPacked = (bytes[0] === 0x1f && bytes[1] === 0x8b) || bytes[0] === 0x78;
  const text = bytes.toString("utf8");
  if (isReadable(text)) return text;
  return isPacked ? bytes.toString("latin1") : undefined;
}

function isReadable(text: string): boolean {
  if (text === "") return false;
  const unreadable = text.match(/(?![\t\n\v\f\r])[\p{Cc}\ufffd]/gu)?.length ?? 0;
  return 1 - unreadable / text.length >= READABLE_MIN && /[a-z\d/]/i.test(text);
}
