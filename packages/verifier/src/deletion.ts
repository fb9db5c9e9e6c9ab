import { isSignedBy, parseNote } from "./note.ts";
import type { VerifierKey } from "./note.ts";

/** First line of what is signed; no origin of a log looks like it, so that no checkpoint is one and none is a checkpoint. */
const DELETION_FORM = "firebreak/deletion/1";
/** The act that says so in the log, with the signed note in `detail.note`. */
export const DELETION_ACT = "retention.delete";

/** First and last place in the log of entries that were deleted. */
export type EntryRange = readonly [from: number, to: number];

/** Entries that were deleted because a policy says so. Their hashes stay, so that the log still verifies. */
export interface Deletion {
  /** the log's name */
  readonly origin: string;
  readonly at: string;
  /** the policy, in words */
  readonly policy: string;
  /** ascending and apart from each other */
  readonly entries: readonly EntryRange[];
}

/** As many ranges as one entry of the log can name. */
export const DELETION_RANGES_MAX = 1_500;

/** @returns the text that is signed with the key of the log */
export function formatDeletion({ origin, at, policy, entries }: Deletion): string {
  return `${DELETION_FORM}\n${JSON.stringify({ origin, at, policy, entries })}\n`;
}

/** A record of a deletion as it stands in the log, whoever wrote it there. */
export interface DeletionRecord {
  /** place in the log */
  readonly index: number;
  readonly deletion: Deletion;
}

/**
 * Reads an entry as the record of a deletion.
 *
 * @returns undefined for any other entry; a sentence when it says that it is one, and does not count
 */
export function readDeletion(
  entry: Buffer,
  { index, origin, keys }: { readonly index: number; readonly origin: string; readonly keys: readonly VerifierKey[] },
): DeletionRecord | string | undefined {
  // cheap: nearly no entry goes further
  if (!entry.includes(`"action":"${DELETION_ACT}"`)) return undefined;
  const act = parse(entry.toString("utf8"));
  if (!isRecord(act) || act["action"] !== DELETION_ACT || !isRecord(act["actor"])) return undefined;
  const detail = act["detail"];
  const note = isRecord(detail) && typeof detail["note"] === "string" ? parseNote(detail["note"]) : undefined;
  if (note === undefined) return "no signed note is in it";
  if (!isSignedBy(note, keys)) return "no known key signed it";
  const [form, body = "", ...rest] = note.text.split("\n");
  const deletion = form === DELETION_FORM && rest.join("") === "" ? toDeletion(parse(body)) : undefined;
  if (deletion === undefined) return "what is signed in it is no record of a deletion";
  if (deletion.origin !== origin) return `it is of the log ${deletion.origin}`;
  const isBefore = deletion.entries.every(([, to]) => to < index);
  return isBefore ? { index, deletion } : "it tells of entries that were not there yet";
}

function toDeletion(value: unknown): Deletion | undefined {
  if (!isRecord(value)) return undefined;
  const { origin, at, policy, entries } = value;
  const isText = typeof origin === "string" && typeof at === "string" && typeof policy === "string";
  return isText && isRanges(entries) ? { origin, at, policy, entries } : undefined;
}

function isRanges(value: unknown): value is EntryRange[] {
  if (!Array.isArray(value) || value.length > DELETION_RANGES_MAX) return false;
  let last = -1;
  return value.every((range: unknown) => {
    if (!Array.isArray(range) || range.length !== 2) return false;
    const [from, to]: unknown[] = range;
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return false;
    const isAfter = Number(from) > last && Number(to) >= Number(from);
    last = Number(to);
    return isAfter;
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the log says of entries that are gone because a policy says so. */
export interface ToldDeletion {
  /** place of the record in the log */
  readonly record: number;
  readonly at: string;
  readonly policy: string;
  /** entries that are gone by it */
  readonly entries: number;
}

/**
 * Tells missing entries that a record accounts for from those that nothing does.
 *
 * @param missing ascending and apart from each other
 * @returns the records with how many entries they account for, and what is left
 */
export function accountFor(
  missing: readonly EntryRange[],
  records: readonly DeletionRecord[],
): { readonly told: ToldDeletion[]; readonly unaccounted: EntryRange[] } {
  const ranges = records
    .flatMap((record) => record.deletion.entries.map(([from, to]) => ({ from, to, record })))
    .toSorted((left, right) => left.from - right.from);
  const counts = new Map<DeletionRecord, number>();
  const unaccounted: EntryRange[] = [];
  let next = 0;
  for (const [from, to] of missing) {
    let at = from;
    while (at <= to) {
      while (next < ranges.length && (ranges[next]?.to ?? 0) < at) next += 1;
      const range = ranges[next];
      if (range === undefined || range.from > to) {
        unaccounted.push([at, to]);
        break;
      }
      if (range.from > at) unaccounted.push([at, range.from - 1]);
      const begin = Math.max(at, range.from);
      const end = Math.min(to, range.to);
      counts.set(range.record, (counts.get(range.record) ?? 0) + end - begin + 1);
      at = end + 1;
    }
  }
  const told = records.map((record) => ({
    record: record.index,
    at: record.deletion.at,
    policy: record.deletion.policy,
    entries: counts.get(record) ?? 0,
  }));
  return { told: told.filter(({ entries }) => entries > 0), unaccounted };
}
