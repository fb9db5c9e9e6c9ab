/**
 * Texts one after another as UTF-8, each ended by a line feed. Outside the JavaScript heap: events that wait for the
 * database would otherwise be copied by every collection of garbage, which cost more than all the rest of the intake.
 */
export class LineBuffer {
  #bytes: Buffer;
  #length = 0;

  constructor(expectedBytes: number) {
    this.#bytes = Buffer.allocUnsafe(Math.ceil(expectedBytes));
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
