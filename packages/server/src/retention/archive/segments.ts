import type { ArchiveSegment } from "@firebreak/protocol";
import type { Kysely, Selectable } from "kysely";
import type { ArchiveSegmentsTable, Schema } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";
import type { Amount } from "../rows.ts";
import type { Schedule, Stretch } from "../schedules.ts";

export type SegmentRow = Selectable<ArchiveSegmentsTable>;

const LIST_MAX = 500;

export function viewSegment(row: SegmentRow): ArchiveSegment {
  return {
    id: row.id,
    class: row.class,
    pack: row.pack,
    table: row.table_name,
    file: row.file,
    oldest: row.oldest.toISOString(),
    newest: row.newest.toISOString(),
    rows: Number(row.row_count),
    bytes: Number(row.bytes),
    sha256: row.sha256,
    createdAt: row.created_at.toISOString(),
    tier: row.tier,
    deletedAt: row.deleted_at?.toISOString() ?? null,
  };
}

/** @returns the segments that are kept, newest first */
export async function listSegments({ database }: Pick<RetentionContext, "database">): Promise<ArchiveSegment[]> {
  const rows = await database.kysely
    .selectFrom("archive_segments")
    .selectAll()
    .where("deleted_at", "is", null)
    .orderBy("newest", "desc")
    .orderBy("id", "desc")
    .limit(LIST_MAX)
    .execute();
  return rows.map(viewSegment);
}

/** @returns segments whose newest row ended in that stretch, oldest first */
export function segmentsOf(kysely: Kysely<Schema>, { class: name, pack }: Schedule, { fromMs, beforeMs }: Stretch) {
  let query = kysely
    .selectFrom("archive_segments")
    .where("class", "=", name)
    .where("pack", "is not distinct from", pack)
    .where("deleted_at", "is", null)
    .where("newest", "<", new Date(beforeMs));
  if (fromMs !== undefined) query = query.where("newest", ">=", new Date(fromMs));
  return query;
}

/** Counts them, and what is known to be held: a segment is looked into only when its time has come. */
export async function measureSegments(
  kysely: Kysely<Schema>,
  schedule: Schedule,
  stretch: Stretch,
): Promise<Amount & { readonly held: number; readonly cases: string[] }> {
  const held = await segmentsOf(kysely, schedule, stretch)
    .innerJoin("legal_holds", "legal_holds.id", "archive_segments.held_by")
    .where("legal_holds.released_at", "is", null)
    .select(["row_count", "case_id"])
    .execute();
  const row = await segmentsOf(kysely, schedule, stretch)
    .select(({ fn }) => [
      fn.sum<string | null>("row_count").as("rows"),
      fn.sum<string | null>("bytes").as("bytes"),
      fn.min("oldest").as("oldest"),
      fn.max("newest").as("newest"),
    ])
    .executeTakeFirstOrThrow();
  return {
    rows: Number(row.rows ?? 0),
    bytes: Number(row.bytes ?? 0),
    oldest: toText(row.oldest),
    newest: toText(row.newest),
    held: held.reduce((total, one) => total + Number(one.row_count), 0),
    cases: [...new Set(held.map(({ case_id }) => case_id))],
  };
}

/** An aggregate of nothing is null, whatever its column is. */
const toText = (value: Date | null): string | null => value?.toISOString() ?? null;
