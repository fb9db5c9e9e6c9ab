/** A piece of a line of a script: its beginning is whole, up to a limit; what is longer follows in further pieces. */
interface LinePiece {
  readonly bytes: Buffer;
  readonly isStart: boolean;
  readonly isEnd: boolean;
}

const START_BYTES_MAX = 128 * 1024;
const NEWLINE = 10;

async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<LinePiece> {
  let held: Buffer = Buffer.alloc(0);
  let isStart = true;
  for await (const piece of source) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    for (let end = held.indexOf(NEWLINE); end >= 0; end = held.indexOf(NEWLINE)) {
      yield { bytes: held.subarray(0, end + 1), isStart, isEnd: true };
      held = held.subarray(end + 1);
      isStart = true;
    }
    if (isStart ? held.length > START_BYTES_MAX : held.length > 0) {
      yield { bytes: held, isStart, isEnd: false };
      held = Buffer.alloc(0);
      isStart = false;
    }
  }
  if (held.length > 0) yield { bytes: held, isStart, isEnd: true };
}

const COPY = /^COPY .* FROM stdin;\r?\n?$/s;
const COPY_END = /^\\\.\r?\n?$/;
const COMPLETE = /^-- PostgreSQL database dump complete/;
const RESTRICTION = /^\\(?:un)?restrict /;

export interface SqlScript {
  /** with data of their own */
  readonly tables: number;
  readonly rows: number;
  /** it has the line that pg_dump ends with */
  readonly isComplete: boolean;
}

/** Reads a script of pg_dump to its end: how many tables and rows it brings, and whether it is whole. */
export async function readSqlScript(source: AsyncIterable<Buffer>): Promise<SqlScript> {
  let [tables, rows, isCopying, isComplete] = [0, 0, false, false];
  for await (const { bytes, isStart } of linesOf(source)) {
    if (!isStart) continue;
    const text = startOf(bytes);
    if (isCopying) {
      isCopying = !COPY_END.test(text);
      if (isCopying) rows += 1;
    } else if (COPY.test(text)) {
      isCopying = true;
      tables += 1;
    } else if (COMPLETE.test(text)) isComplete = true;
  }
  return { tables, rows, isComplete: isComplete && !isCopying };
}

/** Only what begins as one of the lines that matter is read as text. */
function startOf(bytes: Buffer): string {
  const first = bytes[0];
  const matters = first === 0x43 || first === 0x5c || first === 0x2d;
  return matters ? bytes.toString("utf8") : "";
}

/**
 * The script without its own restrictions of what psql may do, between those of ours: psql then runs no command but SQL, so
 * that a script cannot have it start a program (psql(1), \restrict).
 *
 * @param word known to nobody who wrote the script
 */
export async function* restrictScript(source: AsyncIterable<Buffer>, word: string): AsyncGenerator<Buffer> {
  yield Buffer.from(`\\restrict ${word}\n`);
  let [isCopying, isDropped] = [false, false];
  for await (const { bytes, isStart, isEnd } of linesOf(source)) {
    if (isStart) {
      const text = startOf(bytes);
      isDropped = !isCopying && RESTRICTION.test(text);
      if (isCopying) isCopying = !COPY_END.test(text);
      else isCopying = COPY.test(text);
    }
    if (!isDropped) yield bytes;
    if (isEnd) isDropped = false;
  }
  yield Buffer.from(`\n\\unrestrict ${word}\n`);
}
