import type { LogLine } from "../maps/read-log-line.ts";

/** What receivers should take at least is 2,048 bytes (RFC 5424 section 6.1); longer messages are kept by their beginning. */
export const MESSAGE_BYTES_MAX = 64 * 1024;
/** Digits of the length before a message: far more than is kept. */
const LENGTH_DIGITS_MAX = 10;
const LINE_FEED = 0x0a;
const SPACE = 0x20;

/** A sender that speaks neither framing: nothing that follows can be understood. */
export class FramingError extends Error {
  override readonly name = "FramingError";
}

type Mode = { readonly kind: "begin" } | { readonly kind: "length"; digits: string } | Body;
interface Body {
  readonly kind: "counted" | "line";
  readonly parts: Buffer[];
  kept: number;
  length: number;
  /** bytes that are still to come; of a line not known */
  left: number;
}

const BEGIN: Mode = { kind: "begin" };

/**
 * Cuts what comes over a connection into messages: each begins with its length (octet counting, RFC 6587 section 3.4.1, the
 * framing of RFC 5425) or ends with a line feed (section 3.4.2). Which one, each message tells by its first byte.
 */
export class FrameSplitter {
  #mode: Mode = BEGIN;

  /** @throws FramingError when a length is none */
  push(bytes: Buffer): LogLine[] {
    const messages: LogLine[] = [];
    let at = 0;
    while (at < bytes.length) {
      const mode = this.#mode;
      switch (mode.kind) {
        case "begin":
          at = this.#begin(bytes, at);
          break;
        case "length":
          at = this.#readLength(bytes, at, mode);
          break;
        case "counted":
        case "line":
          at = this.#readBody(bytes, at, mode, messages);
          break;
        default:
          mode satisfies never;
      }
    }
    return messages;
  }

  /** @returns the last message of a connection that ended without its end; one that is shorter than it said is kept too */
  flush(): LogLine[] {
    const mode = this.#mode;
    this.#mode = BEGIN;
    return (mode.kind === "line" || mode.kind === "counted") && mode.length > 0 ? [toMessage(mode)] : [];
  }

  #begin(bytes: Buffer, at: number): number {
    const byte = bytes[at] ?? 0;
    // between messages some senders leave an end of line or a zero
    if (byte === LINE_FEED || byte === 0x0d || byte === 0) return at + 1;
    this.#mode = isDigit(byte) && byte !== 0x30 ? { kind: "length", digits: "" } : lineBody();
    return at;
  }

  #readLength(bytes: Buffer, at: number, mode: { digits: string }): number {
    const byte = bytes[at] ?? 0;
    if (isDigit(byte) && mode.digits.length < LENGTH_DIGITS_MAX) {
      mode.digits += String.fromCharCode(byte);
      return at + 1;
    }
    if (byte !== SPACE) throw new FramingError("a message begins neither with its length nor with <");
    const left = Number(mode.digits);
    this.#mode = { kind: "counted", parts: [], kept: 0, length: 0, left };
    return at + 1;
  }

  #readBody(bytes: Buffer, at: number, body: Body, messages: LogLine[]): number {
    const found = body.kind === "line" ? bytes.indexOf(LINE_FEED, at) : -1;
    const end = Math.min(found < 0 ? bytes.length : found, at + body.left);
    keep(body, bytes.subarray(at, end));
    const isWhole = body.kind === "line" ? found >= 0 : body.left === 0;
    if (!isWhole) return end;
    messages.push(toMessage(body));
    this.#mode = BEGIN;
    return found < 0 ? end : end + 1;
  }
}

const lineBody = (): Body => ({ kind: "line", parts: [], kept: 0, length: 0, left: Number.POSITIVE_INFINITY });

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

function keep(body: Body, piece: Buffer): void {
  body.length += piece.length;
  body.left -= piece.length;
  const room = MESSAGE_BYTES_MAX - body.kept;
  if (room <= 0 || piece.length === 0) return;
  const kept = Buffer.from(piece.subarray(0, room));
  body.parts.push(kept);
  body.kept += kept.length;
}

function toMessage({ parts, length }: Body): LogLine {
  const bytes = Buffer.concat(parts);
  if (length > bytes.length) return { bytes, length };
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === LINE_FEED || bytes[end - 1] === 0x0d || bytes[end - 1] === 0)) end -= 1;
  return { bytes: bytes.subarray(0, end), length: end };
}
