import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Kysely } from "kysely";
import type { Schema } from "../../storage/index.ts";

/** Gives entries that left the tables for the archive, by their places; those that are nowhere are left out. */
export type ArchivedEntries = (indexes: readonly number[]) => Promise<ReadonlyMap<number, string>>;

/** Where a segment may lie below the home; what the table says is not trusted further than this. */
export const SEGMENT_FILE =
  /^archive\/(?:warm|cold)\/[a-z]{1,32}\/\d{4}-\d{2}\/seg_[0-9A-HJKMNP-TV-Z]{26}\.ndjson\.gz$/;
/** A segment is written smaller; one that unpacks to more is none of ours. */
export const SEGMENT_BYTES_MAX = 160 * 1024 * 1024;
const SEGMENTS_REMEMBERED = 3;
/** Who exports a log asks for one tile after the other: a segment is not unpacked anew for each. */
const REMEMBERED_MS = 10_000;

type Segment = ReadonlyMap<number, string>;

const unpack = promisify(gunzip);

/** Segments that were unpacked a moment ago, by place, size and time of change. */
const remembered = new Map<string, Segment>();

async function openSegment(home: string, file: string): Promise<Segment> {
  const { size, mtimeMs, ino } = await stat(path.join(home, file)).catch(() => ({ size: 0, mtimeMs: 0, ino: 0 }));
  const key = JSON.stringify([home, file, size, mtimeMs, ino]);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const segment = await readSegment(home, file);
  const [oldest] = remembered.keys();
  if (oldest !== undefined && remembered.size >= SEGMENTS_REMEMBERED) remembered.delete(oldest);
  remembered.set(key, segment);
  setTimeout(() => remembered.delete(key), REMEMBERED_MS).unref();
  return segment;
}

/**
 * Reads the archive beside the tables. Whatever it gives, the hashes in the tree decide whether that is what was logged.
 */
export function createArchivedEntries(kysely: Kysely<Schema>, home: string): ArchivedEntries {
  return async (indexes) => {
    const found = new Map<number, string>();
    if (indexes.length === 0) return found;
    const [first = 0, last = 0] = [indexes[0], indexes.at(-1)];
    const segments = await kysely
      .selectFrom("archive_segments")
      .select("file")
      .where("deleted_at", "is", null)
      .where("first_entry", "<=", String(last))
      .where("last_entry", ">=", String(first))
      .orderBy("first_entry")
      .execute();
    for (const { file } of segments) {
      const entries = await openSegment(home, file);
      for (const index of indexes) {
        const entry = entries.get(index);
        if (entry !== undefined) found.set(index, entry);
      }
    }
    return found;
  };
}

/** @returns the entries of a segment by their places; none when it cannot be read */
async function readSegment(home: string, file: string): Promise<Segment> {
  const entries = new Map<number, string>();
  try {
    if (!SEGMENT_FILE.test(file)) return entries;
    const plain = await unpack(await readFile(path.join(home, file)), { maxOutputLength: SEGMENT_BYTES_MAX });
    for (const line of plain.toString("utf8").split("\n")) {
      const row: unknown = line === "" ? undefined : JSON.parse(line);
      if (typeof row !== "object" || row === null || !("entry" in row) || !("body" in row)) continue;
      if (typeof row.entry === "number" && typeof row.body === "string") entries.set(row.entry, row.body);
    }
  } catch {
    // what could be read of it counts; what is missing then is found as missing
  }
  return entries;
}
