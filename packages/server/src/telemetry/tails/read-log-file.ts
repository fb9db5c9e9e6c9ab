import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { readLines } from "./read-lines.ts";
import type { LineSource, ReadLines } from "./read-lines.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { PlacedLine } from "./line-splitter.ts";
import { headOf, markOf } from "./tailed-file.ts";

export type LogEvent = ReadLines["events"][number];

export interface LogReading extends ReadLines {
  /** of what is on the disk, so far */
  readonly bytesRead: number;
}

export interface LogFileOptions extends Omit<LineSource, "fileHead"> {
  /** of events whose line tells no time */
  readonly fallbackTime: string;
  readonly nowMs: number;
}

/** Reads a file that is not written any more as events, under the ids that a tail of it would give them. */
export async function* readLogEvents(options: LogFileOptions): AsyncGenerator<LogReading> {
  const { fallbackTime: time, nowMs, ...source } = options;
  let chainHash: string | undefined;
  for await (const { lines, fileHead, bytesRead } of readLogFile(options.path)) {
    const read = readLines(lines, { ...source, fileHead, chainHash }, nowMs);
    ({ chainHash } = read);
    yield { ...read, events: read.events.map((event) => ({ time, ...event })), bytesRead };
  }
}

/** Some lines of a file, in order. */
interface FileChunk {
  readonly lines: readonly PlacedLine[];
  /** hash of what the file begins with, as a tail knows it */
  readonly fileHead: string;
  readonly bytesRead: number;
}

const HEAD_BYTES = 1024;

/** Packed with gzip (`.gz`) or not. */
async function* readLogFile(file: string): AsyncGenerator<FileChunk> {
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  const stream = file.endsWith(".gz") ? raw.pipe(createGunzip()) : raw;
  // an error of the file must end the reading of what is unpacked
  if (stream !== raw) raw.on("error", (error) => stream.destroy(error));
  const splitter = new LineSplitter(0);
  let beginning: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    const bytes: Buffer = piece;
    if (beginning.length < HEAD_BYTES) beginning = Buffer.concat([beginning, bytes]).subarray(0, HEAD_BYTES);
    const lines = splitter.push(bytes);
    if (lines.length > 0) yield { lines, fileHead: fileHeadOf(beginning), bytesRead: raw.bytesRead };
  }
  const last = splitter.flush();
  if (last !== undefined) yield { lines: [last], fileHead: fileHeadOf(beginning), bytesRead: raw.bytesRead };
}

function fileHeadOf(beginning: Buffer): string {
  return (headOf(beginning) ?? markOf(beginning)).hash;
}
