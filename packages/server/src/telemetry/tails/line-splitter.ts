import type { LogLine } from "../maps/read-log-line.ts";

/** Longer lines are kept by their beginning: reading JSON takes about ten milliseconds a megabyte. */
export const LINE_BYTES_MAX = 4 * 1024 * 1024;
/** What is kept of a line that is longer. */
const KEPT_OF_LONGER = 64 * 1024;
const NEW_LINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line, without its end, where it stands in the file. */
export interface PlacedLine {
  readonly line: LogLine;
  /** of its first byte */
  readonly offset: number;
  /** where the next line begins */
  readonly end: number;
}

/** Cuts a file's bytes into lines as they come; what follows the last line feed waits for the rest. */
export class LineSplitter {
  #parts: Buffer[] = [];
  /** bytes in `#parts` */
  #kept = 0;
  /** of the line that waits */
  #length = 0;
  #offset: number;

  /** @param offset in the file, of the first byte that will be pushed: the beginning of a line */
  constructor(offset: number) {
    this.#offset = offset;
  }

  /** where the line begins that waits for its end */
  get lineStart(): number {
    return this.#offset;
  }

  /** where the next byte to push stands */
  get position(): number {
    return this.#offset + this.#length;
  }

  /** @returns the lines that are complete with these bytes */
  push(bytes: Buffer): PlacedLine[] {
    const lines: PlacedLine[] = [];
    let start = 0;
    while (start < bytes.length) {
      const found = bytes.indexOf(NEW_LINE, start);
      const end = found < 0 ? bytes.length : found;
      this.#keep(bytes.subarray(start, end));
      if (found < 0) break;
      lines.push(this.#cut(1));
      start = end + 1;
    }
    return lines;
  }

  /** @returns the last line, which has no line feed: for a file that nobody writes any more */
  flush(): PlacedLine | undefined {
    return this.#length === 0 ? undefined : this.#cut(0);
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    const room = LINE_BYTES_MAX - this.#kept;
    // copied: the reader uses its buffer again
    if (room > 0 && piece.length > 0) this.#parts.push(Buffer.from(piece.subarray(0, room)));
    this.#kept += Math.min(room, piece.length);
  }

  #cut(endBytes: number): PlacedLine {
    const whole =
      this.#parts.length === 1 && this.#parts[0] !== undefined ? this.#parts[0] : Buffer.concat(this.#parts);
    const offset = this.#offset;
    const length = this.#length;
    this.#offset = offset + length + endBytes;
    this.#parts = [];
    this.#kept = 0;
    this.#length = 0;
    if (length > LINE_BYTES_MAX) {
      return { line: { bytes: whole.subarray(0, KEPT_OF_LONGER), length }, offset, end: this.#offset };
    }
    const bytes = stripEnds(whole);
    return { line: { bytes, length: bytes.length }, offset, end: this.#offset };
  }
}

/** A crash or a truncation can leave zeros before a line; Windows leaves a carriage return behind it. */
function stripEnds(line: Buffer): Buffer {
  let start = 0;
  while (line[start] === 0) start += 1;
  const end = line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
  return line.subarray(start, Math.max(start, end));
}

/** @returns whether a line holds nothing to read */
export function isBlankLine({ bytes, length }: LogLine): boolean {
  if (length > bytes.length) return false;
  for (const byte of bytes) if (byte > 0x20) return false;
  return true;
}
