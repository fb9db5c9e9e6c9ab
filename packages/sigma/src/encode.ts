/** The character sets of the modifiers `wide`, `utf16le` (the same), `utf16be` and `utf16` (with a byte order mark). */
export type Charset = "wide" | "utf16" | "utf16le" | "utf16be";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Of an encoded text at byte offset 0, 1, 2: characters at its start and its end that depend on the neighbours. */
const START_CHARS = [0, 2, 3] as const;
const END_CHARS = [0, 3, 2] as const;

/**
 * The forms in which a literal text may stand in a value: one, or with `base64offset` the parts common to every base64
 * text that holds it, at the three possible offsets.
 */
export function encodeText(
  text: string,
  charset: Charset | undefined,
  base64: "base64" | "base64offset" | undefined,
): string[] {
  const bytes = charset === undefined ? new TextEncoder().encode(text) : encodeUtf16(text, charset);
  if (base64 === undefined) return [Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")];
  if (base64 === "base64") return [toBase64(bytes)];
  return [0, 1, 2].map((offset) => staticPart(bytes, offset));
}

function encodeUtf16(text: string, charset: Charset): Uint8Array {
  const marked = charset === "utf16" ? `\ufeff${text}` : text;
  const bytes = new Uint8Array(marked.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < marked.length; at++) view.setUint16(at * 2, marked.charCodeAt(at), charset !== "utf16be");
  return bytes;
}

function staticPart(bytes: Uint8Array, offset: number): string {
  const padded = new Uint8Array(offset + bytes.length);
  padded.set(bytes, offset);
  const encoded = toBase64(padded);
  return encoded.slice(START_CHARS[offset] ?? 0, encoded.length - (END_CHARS[padded.length % 3] ?? 0));
}

/** RFC 4648 section 4, with padding. */
function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const group = (first << 16) | (second << 8) | third;
    const chars = [18, 12, 6, 0].map((shift) => ALPHABET.charAt((group >> shift) & 63));
    const left = bytes.length - at;
    text +=
      left >= 3
        ? chars.join("")
        : chars
            .slice(0, left + 1)
            .join("")
            .padEnd(4, "=");
  }
  return text;
}
