import { z } from "zod";
import { FirebreakError } from "../../kernel/index.ts";

/** Where an entry stands: by time, then by where it was read, then by its id there. No two entries stand at one place. */
export interface Position {
  /** milliseconds since 1970, by this server's clock */
  readonly atMs: number;
  readonly rank: number;
  readonly id: string;
}

/** The order of entries of one millisecond: what an agent did, what is known of it, what was done about it. */
export const RANKS = { event: 0, session: 1, record: 2, stop: 3, evidence: 4, act: 5, gap: 6 } as const;

export type Direction = 1 | -1;

export function comparePositions(one: Position, other: Position): number {
  return one.atMs - other.atMs || one.rank - other.rank || compareIds(one.id, other.id);
}

/** Numbers by their value, everything else by its text; the ids of one rank are all of one kind. */
function compareIds(one: string, other: string): number {
  if (/^\d+$/.test(one) && /^\d+$/.test(other) && one.length !== other.length) return one.length - other.length;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Where the next page begins: behind a position, among the events up to a number. */
export interface Cursor extends Position {
  readonly lastSeq: string;
}

const cursorFormat = z.tuple([
  z.string().regex(/^\d{1,18}$/),
  z.number().int().min(-8.64e15).max(8.64e15),
  z.number().int().min(0).max(9),
  z.string().max(120),
]);

export function formatCursor({ lastSeq, atMs, rank, id }: Cursor): string {
  return Buffer.from(JSON.stringify([lastSeq, atMs, rank, id])).toString("base64url");
}

/** @throws FirebreakError bad_request */
export function parseCursor(text: string): Cursor {
  const parsed = cursorFormat.safeParse(parseJson(Buffer.from(text, "base64url").toString("utf8")));
  if (!parsed.success) throw new FirebreakError("bad_request", "after: give the `next` of the page before.");
  const [lastSeq, atMs, rank, id] = parsed.data;
  return { lastSeq, atMs, rank, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ID_MAX = "9223372036854775807";

/**
 * Where a table of one rank goes on behind a position: rows whose (time, id) come after this pair. A rank that comes
 * later has shown nothing of that millisecond yet, one that comes earlier everything.
 */
export function boundFor(rank: number, position: Position): { readonly atMs: number; readonly id: string } {
  if (position.rank === rank) return { atMs: position.atMs, id: position.id };
  return { atMs: position.atMs, id: position.rank > rank ? ID_MAX : "-1" };
}

/** @returns the first `limit` of sorted lists, in order */
export function mergeSorted<T extends Position>(
  lists: readonly (readonly T[])[],
  direction: Direction,
  limit: number,
): T[] {
  return lists
    .flat()
    .toSorted((one, other) => direction * comparePositions(one, other))
    .slice(0, limit);
}
