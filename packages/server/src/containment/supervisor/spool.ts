import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import type { AgentEventInput } from "@firebreak/protocol";
import { INTAKE_LIMITS } from "@firebreak/protocol";

/** Telemetry on its way, in a file: what the server has not confirmed is there after a crash. */
export interface Spool {
  /** @returns false when the event was dropped because the spool or the disk is full, the event too large, or all is over */
  push(event: AgentEventInput): boolean;
  /** @returns whole lines from the front, or null when there is nothing to send */
  peek(): SpoolBatch | null;
  /** Takes the batch from the front. */
  remove(batch: SpoolBatch): void;
  readonly dropped: number;
  close(): void;
}

export interface SpoolBatch {
  /** NDJSON, ends with a newline */
  readonly body: Buffer;
  readonly lines: number;
}

const BATCH_BYTES = 2 * 1024 * 1024;
export const SPOOL_BYTES_MAX = 32 * 1024 * 1024;

export function openSpool(path: string, maxBytes: number = SPOOL_BYTES_MAX): Spool {
  const fd = openSync(path, "a+", 0o600);
  let start = 0;
  let end = fstatSync(fd).size;
  let dropped = 0;
  // the number of a closed file may be another file's by then
  let isClosed = false;
  const push = (event: AgentEventInput): boolean => {
    const line = Buffer.from(JSON.stringify(event) + "\n");
    const isTooLong = line.length > INTAKE_LIMITS.eventBytesMax || end + line.length > maxBytes;
    if (isClosed || isTooLong || !tryWrite(fd, line)) {
      dropped++;
      return false;
    }
    end += line.length;
    return true;
  };
  const peek = (): SpoolBatch | null => {
    if (isClosed || start >= end) return null;
    const body = readWholeLines(fd, start, Math.min(end, start + BATCH_BYTES));
    if (body.length === 0) start = end;
    return body.length === 0 ? null : { body, lines: countLines(body) };
  };
  const remove = ({ body }: SpoolBatch): void => {
    start += body.length;
    if (isClosed || start < end) return;
    ftruncateSync(fd, 0);
    start = 0;
    end = 0;
  };
  return {
    push,
    peek,
    remove,
    get dropped() {
      return dropped;
    },
    close: () => {
      if (!isClosed) closeSync(fd);
      isClosed = true;
    },
  };
}

function tryWrite(fd: number, line: Buffer): boolean {
  const { size } = fstatSync(fd);
  try {
    if (writeSync(fd, line) === line.length) return true;
  } catch {
    // a full disk; what was written of the line goes again below
  }
  ftruncateSync(fd, size);
  return false;
}

function readWholeLines(fd: number, from: number, to: number): Buffer {
  const chunk = Buffer.allocUnsafe(to - from);
  const count = readSync(fd, chunk, 0, chunk.length, from);
  return chunk.subarray(0, chunk.subarray(0, count).lastIndexOf(10) + 1);
}

function countLines(body: Buffer): number {
  let lines = 0;
  for (
    let at = body.indexOf(10);
    at !== -1 && lines < INTAKE_LIMITS.eventsPerRequestMax;
    at = body.indexOf(10, at + 1)
  ) {
    lines++;
  }
  return lines;
}
