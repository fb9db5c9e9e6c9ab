import type pg from "pg";

/**
 * Rows in the binary format of COPY (PostgreSQL's manual, COPY, "Binary Format"), one after the other outside the
 * JavaScript heap: whatever waits for the database on the heap is copied by every collection of garbage.
 */
export class RowBuffer {
  #bytes: Buffer;
  #length = 0;

  constructor(expectedBytes: number) {
    this.#bytes = Buffer.allocUnsafe(Math.ceil(expectedBytes));
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  beginRow(fields: number): void {
    this.#makeRoom(2);
    this.#length = this.#bytes.writeInt16BE(fields, this.#length);
  }

  /** @param text null when undefined */
  addText(text: string | undefined): void {
    if (text === undefined) return this.#addLength(NULL_LENGTH);
    if (text.length * UTF8_BYTES_MAX + 4 > this.#bytes.length - this.#length)
      this.#makeRoom(Buffer.byteLength(text) + 4);
    const written = this.#bytes.write(text, this.#length + 4);
    this.#addLength(written);
    this.#length += written;
  }

  /**
   * @param timeMs milliseconds since 1970, a `timestamptz`
   * @throws RangeError before 1714 and after 2285, where microseconds are no exact numbers
   */
  addTime(timeMs: number): void {
    const micros = (timeMs - EPOCH_MS) * 1000;
    if (!Number.isSafeInteger(micros)) throw new RangeError(`${timeMs} ms is too far away for a time`);
    this.#makeRoom(12);
    this.#addLength(8);
    const high = Math.floor(micros / WORD);
    this.#bytes.writeInt32BE(high, this.#length);
    this.#length = this.#bytes.writeUInt32BE(micros - high * WORD, this.#length + 4);
  }

  #addLength(bytes: number): void {
    this.#makeRoom(4);
    this.#length = this.#bytes.writeInt32BE(bytes, this.#length);
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Reads what a {@link RowBuffer} wrote. */
export class RowReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  beginRow(): void {
    this.#offset += 2;
  }

  readText(): string | undefined {
    const end = this.#beginField();
    if (end === undefined) return undefined;
    const text = this.#bytes.toString("utf8", this.#offset, end);
    this.#offset = end;
    return text;
  }

  /** @returns the bytes where they lie, none for null */
  readBytes(): Uint8Array {
    const end = this.#beginField() ?? this.#offset;
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  /** @returns milliseconds since 1970 */
  readTime(): number {
    this.#offset += 12;
    const high = this.#bytes.readInt32BE(this.#offset - 8);
    return (high * WORD + this.#bytes.readUInt32BE(this.#offset - 4)) / 1000 + EPOCH_MS;
  }

  skip(fields: number): void {
    for (let i = 0; i < fields; i++) this.#offset = this.#beginField() ?? this.#offset;
  }

  /** @returns where the field ends that begins now, or nothing for null */
  #beginField(): number | undefined {
    const length = this.#bytes.readInt32BE(this.#offset);
    this.#offset += 4;
    return length === NULL_LENGTH ? undefined : this.#offset + length;
  }
}

const NULL_LENGTH = -1;
/** of one UTF-16 code unit */
const UTF8_BYTES_MAX = 3;
const WORD = 0x1_0000_0000;
/** PostgreSQL counts microseconds from here. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

/** Signature, no flags, no extension. */
const HEADER = Buffer.from("PGCOPY\n\u00ff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const TRAILER = Buffer.from([0xff, 0xff]);

/**
 * Runs statements of which one is `copy … from stdin with (format binary)`, in one message and so in one transaction, which
 * is committed when it resolves. The rows follow at once, before the server asks for them, which saves a turn of the
 * event loop: where the statements fail before the COPY, the server skips them (PostgreSQL's manual, "COPY Operations").
 *
 * @param rows what {@link RowBuffer}s hold
 * @returns the rows that the other statements answered, as texts
 * @throws the database's error: then nothing was stored
 */
export async function copyRows(
  client: pg.ClientBase,
  statements: string,
  rows: readonly Buffer[],
): Promise<readonly (readonly (string | null)[])[]> {
  const copy = new Copy(statements, rows);
  client.query(copy);
  return copy.answer;
}

/** After an ordinary error of the server a connection is good; after any other it is not, or may not be. */
export function isConnectionFault(fault: unknown): boolean {
  return !(fault instanceof Error && "severity" in fault && fault.severity === "ERROR");
}

const COPY_DONE = Buffer.from("c\0\0\0\u0004", "latin1");

/** The message CopyData up to its contents: its name, and its length without that (PostgreSQL's manual, "Message Formats"). */
function copyDataHead(length: number): Buffer {
  const head = Buffer.from("d\0\0\0\0", "latin1");
  head.writeInt32BE(length + 4, 1);
  return head;
}

/** The methods are those that `pg` calls on the query that is under way. */
class Copy implements pg.Submittable {
  readonly answer: Promise<(string | null)[][]>;
  readonly #statements: string;
  readonly #rows: readonly Buffer[];
  readonly #answered: (string | null)[][] = [];
  #resolve: (answered: (string | null)[][]) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(statements: string, rows: readonly Buffer[]) {
    this.#statements = statements;
    this.#rows = rows;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection;
    // all in one system call, and the rows without another copy of them
    stream.cork();
    connection.query(this.#statements);
    const pieces = [HEADER, ...this.#rows, TRAILER];
    stream.write(copyDataHead(pieces.reduce((sum, { length }) => sum + length, 0)));
    for (const piece of pieces) stream.write(piece);
    stream.write(COPY_DONE);
    stream.uncork();
  }

  handleCopyInResponse(): void {}

  handleRowDescription(): void {}

  handleDataRow({ fields }: { readonly fields: (string | null)[] }): void {
    this.#answered.push(fields);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#resolve(this.#answered);
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }
}
