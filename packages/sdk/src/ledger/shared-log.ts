import { randomUUID } from "node:crypto";
import { closeSync, fdatasyncSync, fstatSync, mkdirSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A record is one line of JSON. What a person or another version wrote may hold anything. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** What the records of a log come to. Every process applies the same records in the same order. */
export interface LogFold {
  /** @returns whether the record had its effect; a refusal is an answer too */
  apply(record: LogRecord): boolean;
}

const LOG_BYTES_MAX = 8 * 1024 * 1024;
const LINE_CHARACTERS_MAX = 4096;
const READ_BYTES = 64 * 1024;

/**
 * A file that several processes append to, so that all of them know the same, without locks: the system appends each
 * record whole, and whoever wants something writes it first and then reads what was before it. A record that a crash or
 * a full disk cut off is no JSON and counts for nobody.
 */
export class SharedLog<F extends LogFold> {
  readonly #path: string;
  readonly #newFold: () => F;
  #fold: F;
  #ino = 0;
  #read = 0;
  #rest = Buffer.alloc(0);
  /** the answers to records of our own, until they are asked for */
  readonly #answers = new Map<string, boolean>();

  constructor(path: string, newFold: () => F) {
    this.#path = path;
    this.#newFold = newFold;
    this.#fold = newFold();
  }

  get path(): string {
    return this.#path;
  }

  /** What the log came to when it was last looked at. */
  get current(): F {
    return this.#fold;
  }

  /** What the log comes to now. @throws when the file is there and cannot be read */
  look(): F {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found === undefined) this.#forget(0);
    else if (found.ino !== this.#ino || found.size < this.#read) this.#forget(found.ino);
    if (found !== undefined && found.size > this.#read) this.#readOn();
    return this.#fold;
  }

  /**
   * Appends a record and says what became of it, after everything that others wrote before.
   *
   * @param options.durable also write it through to the disk
   * @throws when it could not be written whole
   */
  append(record: LogRecord, { durable = false } = {}): boolean {
    const id = randomUUID().slice(0, 13);
    // a line of its own even after one that was cut off
    const bytes = Buffer.from(`\n${JSON.stringify({ ...record, id })}\n`);
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const fd = openSync(this.#path, "a", 0o600);
    try {
      if (fstatSync(fd).size + bytes.length > LOG_BYTES_MAX) throw new Error(`${this.#path} is full`);
      if (writeSync(fd, bytes) !== bytes.length) throw new Error(`${this.#path} could not be written whole`);
      if (durable) fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
    this.#answers.set(id, false);
    this.look();
    const answer = this.#answers.get(id) ?? false;
    this.#answers.delete(id);
    return answer;
  }

  #forget(ino: number): void {
    this.#ino = ino;
    this.#read = 0;
    this.#rest = Buffer.alloc(0);
    this.#fold = this.#newFold();
  }

  #readOn(): void {
    const fd = openSync(this.#path, "r");
    try {
      const buffer = Buffer.alloc(READ_BYTES);
      for (;;) {
        const length = readSync(fd, buffer, 0, READ_BYTES, this.#read);
        if (length === 0) return;
        this.#read += length;
        if (this.#read > LOG_BYTES_MAX) throw new Error(`${this.#path} is too large`);
        this.#take(buffer.subarray(0, length));
      }
    } finally {
      closeSync(fd);
    }
  }

  #take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(10) + 1;
    for (const line of all.subarray(0, end).toString("utf8").split("\n")) this.#takeLine(line);
    this.#rest = Buffer.from(all.subarray(end));
  }

  #takeLine(line: string): void {
    if (line === "" || line.length > LINE_CHARACTERS_MAX) return;
    const record = parseRecord(line);
    if (record === undefined) return;
    const had = this.#fold.apply(record);
    const id = record["id"];
    if (typeof id === "string" && this.#answers.has(id)) this.#answers.set(id, had);
  }
}

function parseRecord(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** @returns the amount or time that a record gives, or undefined when it gives none */
export function numberIn(record: LogRecord, key: string): number | undefined {
  const value = record[key];
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

export function textIn(record: LogRecord, key: string): string | undefined {
  const value = record[key];
  return typeof value === "string" ? value : undefined;
}
