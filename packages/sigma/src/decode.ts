const BASE64_RUN = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
const PERCENT_RUN = /(?:%[0-9A-Fa-f]{2})+/g;
/** `A` to `Z`, `a` to `z`, `0` to `9`, then the last two of both alphabets of RFC 4648. */
const SEXTETS: ReadonlyMap<string, number> = new Map([
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    .split("")
    .map((char, value) => [char, value] as const),
  ["-", 62] as const,
  ["_", 63] as const,
]);

const UTF8 = new TextDecoder();
/** What stands where bytes are no UTF-8; to throw for each word that only looks like base64 would cost more. */
const REPLACED = "\ufffd";

/** The text, and behind it what its parts in URL encoding and base64 stand for. At most three times as long. */
export function withDecoded(text: string): string {
  const unescaped = text.includes("%") ? text.replaceAll(PERCENT_RUN, decodePercent) : text;
  const parts = unescaped === text ? [text] : [text, unescaped];
  for (const [run] of unescaped.matchAll(BASE64_RUN)) {
    const decoded = decodeBase64(run);
    if (decoded !== undefined) parts.push(decoded);
  }
  return parts.join("\n");
}

function decodePercent(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}

/** What base64 stands for, when that is text: no control characters but blanks. */
function decodeBase64(run: string): string | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const char of run) {
    const sextet = SEXTETS.get(char);
    if (sextet === undefined) break;
    bits = ((bits << 6) | sextet) & 0xfff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const byte = (bits >> held) & 0xff;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return undefined;
    bytes.push(byte);
  }
  const decoded = UTF8.decode(new Uint8Array(bytes));
  return decoded.includes(REPLACED) ? undefined : decoded;
}
