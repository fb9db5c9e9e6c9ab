import type { FileHandle } from "node:fs/promises";
import type { BytePattern } from "./byte-pattern.ts";
import { readLineTime } from "./line-time.ts";

const PART_BYTES = 1024 * 1024;
/** A longer line is looked through in parts, and shown by its beginning. */
const LINE_BYTES_MAX = 64 * 1024;
/** Of a line this much around what was sought is kept, so that redaction sees what belongs together. */
const SHOWN_BYTES = 4096;
/** Lines without a time (a stack trace) have that of a line before; so far back it is looked for. */
const BACK_BYTES = 16 * 1024;
/** Lines of several writers are not in order to the second. */
const DISORDER_MS = 10 * 60_000;
const NEWLINE = 0x0a;

export interface FileSearch {
  readonly handle: Pick<FileHandle, "read">;
  /** what comes after it was written later, and is left out */
  readonly bytes: number;
  readonly sought: BytePattern;
  /** null: of any time */
  readonly sinceMs: number | null;
  readonly nowMs: number;
  readonly linesMax: number;
  readonly signal: AbortSignal;
}

export interface FileFinding {
  readonly count: number;
  /** the newest that were found, oldest first; as they stand in the file, at most 8 KiB of each */
  readonly lines: readonly string[];
  /** of those counted, the ones whose time is not known */
  readonly undated: number;
}

/**
 * Looks through a log of any size with about a megabyte in memory. With `sinceMs` it begins where the lines of that time
 * do, found by halving, since a log is written in order.
 *
 * @throws the signal's reason when it fires
 */
export async function searchFile(search: FileSearch): Promise<FileFinding> {
  const { handle, bytes, signal } = search;
  const tally = new Tally(search);
  const buffer = Buffer.allocUnsafe(PART_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let position = search.sinceMs === null ? 0 : await findStart(search, search.sinceMs);
  if (position > 0) tally.beginWithOld();
  while (position < bytes) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, Math.min(PART_BYTES, bytes - position), position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const text = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    const end = text.lastIndexOf(NEWLINE) + 1;
    if (end > 0) tally.lines(text.subarray(0, end));
    rest = end > 0 ? Buffer.from(text.subarray(end)) : tally.part(text);
  }
  tally.lines(rest);
  return tally.finding();
}

/** What was found so far, whole lines at a time. */
class Tally {
  #count = 0;
  #undated = 0;
  #lines: string[] = [];
  #lastTime: number | null = null;
  /** the line that is too long to be whole in memory: its beginning, and whether what is sought is in it */
  #long: { head: Buffer; isFound: boolean } | null = null;
  readonly #search: FileSearch;

  constructor(search: FileSearch) {
    this.#search = search;
  }

  /** What says no time is of before until a line says one. */
  beginWithOld(): void {
    this.#lastTime = 0;
  }

  /** @param text whole lines, but for the first when a long one ends in it */
  lines(text: Buffer): void {
    const from = this.#endLong(text);
    const find = this.#search.sought.read(text);
    for (let at = find(from); at !== -1;) {
      const start = Math.max(from, text.lastIndexOf(NEWLINE, Math.max(0, at - 1)) + 1);
      const end = endOfLine(text, at);
      this.#add(text, { start, end, at });
      at = end + 1 < text.length ? find(end + 1) : -1;
    }
    this.#lastTime = this.#timeBefore(text, text.length) ?? this.#lastTime;
  }

  /** @returns what of an unfinished line must be kept to go on with it */
  part(text: Buffer): Buffer {
    if (text.length <= LINE_BYTES_MAX && this.#long === null) return Buffer.from(text);
    this.#long ??= { head: Buffer.from(text.subarray(0, SHOWN_BYTES)), isFound: false };
    this.#long.isFound ||= this.#holds(text);
    return Buffer.from(text.subarray(Math.max(0, text.length - this.#search.sought.bytesMax + 1)));
  }

  #holds(bytes: Buffer): boolean {
    return this.#search.sought.read(bytes)(0) !== -1;
  }

  finding(): FileFinding {
    return { count: this.#count, lines: this.#lines, undated: this.#undated };
  }

  /** @returns where the first whole line begins */
  #endLong(text: Buffer): number {
    if (this.#long === null) return 0;
    const { head, isFound } = this.#long;
    this.#long = null;
    const end = endOfLine(text, 0);
    if (isFound || this.#holds(text.subarray(0, end)))
      this.#note(head.toString("utf8"), this.#timeOf(head) ?? this.#lastTime);
    return Math.min(end + 1, text.length);
  }

  #add(text: Buffer, { start, end, at }: { readonly start: number; readonly end: number; readonly at: number }): void {
    const shown = text.subarray(Math.max(start, at - SHOWN_BYTES), Math.min(end, at + SHOWN_BYTES));
    const time = this.#timeOf(text.subarray(start, end)) ?? this.#timeBefore(text, start) ?? this.#lastTime;
    this.#note(shown.toString("utf8"), time);
  }

  #note(line: string, time: number | null): void {
    const { sinceMs, linesMax } = this.#search;
    if (sinceMs !== null && time !== null && time < sinceMs) return;
    this.#count += 1;
    if (time === null) this.#undated += 1;
    this.#lines.push(line);
    if (this.#lines.length > linesMax) this.#lines.shift();
  }

  #timeOf(line: Buffer): number | null {
    return readLineTime(line.subarray(0, 1024).toString("latin1"), this.#search.nowMs);
  }

  /** @returns the time of the nearest line before that says one */
  #timeBefore(text: Buffer, before: number): number | null {
    if (this.#search.sinceMs === null) return null;
    const from = Math.max(0, before - BACK_BYTES);
    for (const line of text.subarray(from, before).toString("latin1").split("\n").toReversed()) {
      const time = readLineTime(line, this.#search.nowMs);
      if (time !== null) return time;
    }
    return null;
  }
}

function endOfLine(text: Buffer, from: number): number {
  const end = text.indexOf(NEWLINE, from);
  return end === -1 ? text.length : end;
}

/** @returns a place at or before the first line of that time; where no line near says a time, the place before it */
async function findStart({ handle, bytes, nowMs }: FileSearch, sinceMs: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(LINE_BYTES_MAX);
  let [low, high] = [0, bytes];
  while (high - low > PART_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, middle);
    // the first of them began before
    const lines = buffer.subarray(0, bytesRead).toString("latin1").split("\n").slice(1, -1);
    const time = lines.map((line) => readLineTime(line, nowMs)).find((one) => one !== null);
    if (time === undefined) return low;
    if (time < sinceMs - DISORDER_MS) low = middle;
    else high = middle;
  }
  return low;
}
