import { isUtf8 } from "node:buffer";
import { FirebreakError } from "../kernel/index.ts";

/**
 * Reads a JSON body. An empty one is undefined.
 *
 * @throws FirebreakError `bad_request` with the place of the first byte or character that is wrong
 */
export function decodeJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const text = decodeUtf8(body);
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(text);
  }
}

function decodeUtf8(body: Buffer): string {
  if (isUtf8(body)) return new TextDecoder().decode(body);
  const offset = findInvalidByte(body);
  throw new FirebreakError("bad_request", `The body is not valid UTF-8 at byte ${offset}. Encode it as UTF-8.`, {
    errors: [{ where: `byte ${offset}`, message: "is not valid UTF-8" }],
  });
}

/** The decoder puts U+FFFD where bytes are wrong; one that stands in the input itself has these bytes. */
const REPLACEMENT = Buffer.from("\uFFFD");

/** @returns the offset of the first byte that is not UTF-8 */
export function findInvalidByte(body: Buffer): number {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf("\uFFFD"); at !== -1; at = text.indexOf("\uFFFD", from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (!body.subarray(offset, offset + REPLACEMENT.length).equals(REPLACEMENT)) return offset;
    offset += REPLACEMENT.length;
    from = at + 1;
  }
  return body.length;
}

function unreadable(text: string): FirebreakError {
  const offset = findJsonFault(text) ?? text.length;
  const before = text.slice(0, offset).split("\n");
  const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  const what = offset >= text.length ? "it ends too early" : `unexpected ${JSON.stringify(text.charAt(offset))}`;
  return new FirebreakError("bad_request", `The body is not valid JSON: ${what} at ${where}.`, {
    errors: [{ where, message: what }],
  });
}

const TOKEN =
  // oxlint-disable-next-line no-control-regex -- JSON forbids exactly these characters in strings
  /([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|((?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;
const SPACE = /[ \t\n\r]*/y;

type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | "next" | "end";

/**
 * Node 20 does not say where JSON is broken; this does.
 *
 * @returns the offset of the first character at which `text` cannot be JSON, its length when it only ends too early,
 *   or null when it is JSON
 */
export function findJsonFault(text: string): number | null {
  const open: string[] = [];
  let expected: Expected = "value";
  let at = skipSpace(text, 0);
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    const next: Expected | null = token === null ? null : step(expected, token, open);
    if (token === null || next === null) return at;
    expected = next;
    at = skipSpace(text, TOKEN.lastIndex);
  }
  return expected === "end" ? null : text.length;
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(text);
  return SPACE.lastIndex;
}

/** @returns what may follow the token, or null when it may not stand here */
function step(expected: Expected, token: RegExpExecArray, open: string[]): Expected | null {
  const sign = token[1];
  if (sign === undefined) return stepScalar(expected, token[2] !== undefined, open);
  if (sign === "{" || sign === "[") {
    if (expected !== "value" && expected !== "value or ]") return null;
    open.push(sign);
    return sign === "{" ? "key or }" : "value or ]";
  }
  if (sign === ":") return expected === ":" ? "value" : null;
  if (sign === ",") return expected === "next" ? (open.at(-1) === "{" ? "key" : "value") : null;
  return close(expected, sign, open);
}

function stepScalar(expected: Expected, isText: boolean, open: readonly string[]): Expected | null {
  if (expected === "key" || expected === "key or }") return isText ? ":" : null;
  if (expected !== "value" && expected !== "value or ]") return null;
  return open.length === 0 ? "end" : "next";
}

function close(expected: Expected, sign: string, open: string[]): Expected | null {
  const [opener, empty] = sign === "}" ? ["{", "key or }"] : ["[", "value or ]"];
  if (open.at(-1) !== opener || (expected !== "next" && expected !== empty)) return null;
  open.pop();
  return open.length === 0 ? "end" : "next";
}
