import type { Hold } from "@firebreak/protocol";
import type { ClosedHold, JournalRecord } from "./records.ts";
import { decodeRecord } from "./records.ts";

/** A line nobody can read. What it said had the epoch after `epochBefore`. */
export interface BadLine {
  readonly number: number;
  readonly epochBefore: number;
}

/** The journal folded up to some byte. */
export interface Fold {
  epoch: number;
  readonly holds: Map<string, Hold>;
  readonly closed: Map<string, ClosedHold>;
  /** the lines that could not be read and were not declared torn */
  readonly badLines: BadLine[];
  lines: number;
  /** the bytes after the last newline: a record still being written, or one cut off for ever */
  tail: Buffer;
}

/** Ended holds remembered; older ones are forgotten first. */
const CLOSED_MAX = 200;

export function emptyFold(): Fold {
  return { epoch: 0, holds: new Map(), closed: new Map(), badLines: [], lines: 0, tail: Buffer.alloc(0) };
}

/** Folds more bytes of the journal in. A last line without its newline waits in `tail`. */
export function foldBytes(fold: Fold, bytes: Buffer): void {
  const all = fold.tail.length === 0 ? bytes : Buffer.concat([fold.tail, bytes]);
  let start = 0;
  for (let end = all.indexOf(10, start); end !== -1; end = all.indexOf(10, start)) {
    foldLine(fold, all.toString("utf8", start, end));
    start = end + 1;
  }
  fold.tail = Buffer.from(all.subarray(start));
}

function foldLine(fold: Fold, line: string): void {
  fold.lines++;
  if (line === "") return;
  const record = decodeRecord(line);
  if (record === null) {
    fold.badLines.push({ number: fold.lines, epochBefore: fold.epoch });
    return;
  }
  if (record.afterTorn === true && fold.badLines.at(-1)?.number === fold.lines - 1) fold.badLines.pop();
  applyRecord(fold, record);
}

/**
 * Applies one record. Two writers that both thought they held the lock give the same epoch twice; the second then gets
 * the next one, so the epoch rises strictly for every reader alike and neither stop is lost.
 */
export function applyRecord(fold: Fold, record: JournalRecord): void {
  fold.epoch = Math.max(fold.epoch + 1, record.epoch);
  switch (record.kind) {
    case "hold":
      if (!fold.closed.has(record.hold.id)) fold.holds.set(record.hold.id, { ...record.hold, epoch: fold.epoch });
      return;
    case "release":
      closeHold(fold, record.holdId, { closedAt: record.at, how: "released", by: record.actor, reason: record.reason });
      return;
    case "expire":
      closeHold(fold, record.holdId, { closedAt: record.at, how: "expired", by: null, reason: null });
      return;
    case "checkpoint":
      fold.holds.clear();
      for (const entry of record.holds) fold.holds.set(entry.id, entry);
      for (const entry of record.closed) rememberClosed(fold, entry);
      return;
    default:
      record satisfies never;
  }
}

function closeHold(fold: Fold, holdId: string, end: Omit<ClosedHold, "hold">): void {
  const hold = fold.holds.get(holdId);
  if (hold === undefined) return;
  fold.holds.delete(holdId);
  rememberClosed(fold, { hold, ...end });
}

function rememberClosed(fold: Fold, entry: ClosedHold): void {
  fold.closed.set(entry.hold.id, entry);
  if (fold.closed.size <= CLOSED_MAX) return;
  const oldest = fold.closed.keys().next().value;
  if (oldest !== undefined) fold.closed.delete(oldest);
}

/**
 * The unreadable lines that count as damage. A bad line with bytes after it that have no newline yet may be a torn line
 * whose successor is just being written; the next read decides.
 */
export function damagedLines(fold: Fold): readonly BadLine[] {
  const undecided = fold.tail.length > 0 && fold.badLines.at(-1)?.number === fold.lines;
  return undecided ? fold.badLines.slice(0, -1) : fold.badLines;
}

/** What is known of the holds, without the way the bytes lay. */
export interface KnownHolds {
  readonly epoch: number;
  readonly holds: ReadonlyMap<string, Hold>;
  readonly closed: ReadonlyMap<string, ClosedHold>;
}

/** Everything either side holds, unless the newer side knows it ended. In doubt a stop stays. */
export function mergeKnown(newer: KnownHolds, older: KnownHolds): KnownHolds {
  const holds = new Map(newer.holds);
  for (const [id, hold] of older.holds) if (!newer.closed.has(id) && !holds.has(id)) holds.set(id, hold);
  const closed = new Map(older.closed);
  for (const [id, entry] of newer.closed) closed.set(id, entry);
  for (const id of holds.keys()) closed.delete(id);
  return { epoch: Math.max(newer.epoch, older.epoch), holds, closed };
}
