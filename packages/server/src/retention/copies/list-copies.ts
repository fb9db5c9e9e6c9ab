import type { RetentionCopy } from "@firebreak/protocol";
import type { RetentionContext } from "../context.ts";
import { findHeldCopies } from "./held-copies.ts";

const LIST_MAX = 500;

/** @returns copies of archives that were deleted, as long as a store has them, the longest due first */
export async function listDueCopies({ database }: Pick<RetentionContext, "database">): Promise<RetentionCopy[]> {
  const { kysely } = database;
  const rows = await kysely
    .selectFrom("evidence_copies")
    .selectAll()
    .where("state", "=", "deleting")
    .orderBy("asked_at")
    .orderBy("archive_id")
    .limit(LIST_MAX)
    .execute();
  const held = rows.length === 0 ? new Map<string, string[]>() : await findHeldCopies(kysely);
  return rows.map((row) => ({
    archiveId: row.archive_id,
    place: row.place,
    askedAt: row.asked_at?.toISOString() ?? null,
    objects: row.objects,
    bytes: Number(row.bytes),
    refused: row.refused,
    problem: row.last_error,
    nextAt: row.next_at.toISOString(),
    cases: held.get(row.archive_id) ?? [],
  }));
}
