/**
 * Texts one after another as UTF-8, each ended by a line feed. Outside the JavaScript heap: events that wait for the
 * database would otherwise be copied by every collection of garbage, which cost more than all the rest of the intake.
 */
export class LineBuffer {
  #bytes: Buffer;
  #length = 0;

  constructor(expectedBytes: number) {
    this.#bytes = Buffer.allocUnsafe(expectedBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** @param line without a line feed */
  append(line: string): void {
    const free = this.#bytes.length - this.#length;
    if (line.length * UTF8_BYTES_MAX + 1 > free) this.#makeRoom(Buffer.byteLength(line) + 1);
    this.#length += this.#bytes.write(line, this.#length);
    this.#bytes[this.#length] = LINE_FEED;
    this.#length += 1;
  }

  slice(start: number, end: number): Buffer {
    return this.#bytes.subarray(start, end);
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** of one UTF-16 code unit */
const UTF8_BYTES_MAX = 3;
const LINE_FEED = 0x0a;

/** Where a text lies in a {@link LineBuffer}, its line feed included. */
export interface LineRange {
  readonly lines: LineBuffer;
  readonly start: number;
  readonly end: number;
}

/** @returns the lines of the rows in their order, separated by line feeds; neighbours are copied as one */
export function joinLines(rows: readonly { readonly body: LineRange }[]): Buffer {
  const parts: Buffer[] = [];
  let open: { lines: LineBuffer; start: number; end: number } | undefined;
  for (const { body } of rows) {
    const { lines, start, end } = body;
    if (open !== undefined && open.lines === lines && open.end === start) {
      open.end = end;
      continue;
    }
    if (open !== undefined) parts.push(open.lines.slice(open.start, open.end));
    open = { lines, start, end };
  }
  if (open !== undefined) parts.push(open.lines.slice(open.start, open.end));
  const joined = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  return joined.subarray(0, -1);
}
