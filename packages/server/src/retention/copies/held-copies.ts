import { sql } from "kysely";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../../storage/index.ts";
import { holdOfLine, isHeld, readActiveHolds } from "../holds/active-holds.ts";
import type { ActiveHold } from "../holds/active-holds.ts";
import { EVIDENCE } from "../stores.ts";

/** The row of an archive that was deleted, as its copies keep it. */
export const keptArchive = z.object({
  id: z.string(),
  directory: z.string(),
  manifest_sha256: z.string(),
  collected_at: z.string(),
});

/** @returns the archives that have copies and that a legal hold is on, with the cases, whether they are here still or not */
export async function findHeldCopies(kysely: Kysely<Schema>): Promise<Map<string, string[]>> {
  const holds = await readActiveHolds(kysely);
  const held = new Map<string, string[]>();
  const note = (id: string, { caseId }: ActiveHold) =>
    held.set(id, [...new Set([...(held.get(id) ?? []), caseId])].toSorted());
  for (const hold of holds) {
    const { rows } = await sql<{ id: string }>`
      select t.id from evidence_archives t where ${isHeld(EVIDENCE, [hold])}
        and exists (select from evidence_copies where archive_id = t.id)`.execute(kysely);
    for (const { id } of rows) note(id, hold);
  }
  if (holds.length === 0) return held;
  const gone = await kysely
    .selectFrom("evidence_copies")
    .select(["archive_id", "archive"])
    .where("state", "=", "deleting")
    .execute();
  for (const { archive_id: id, archive } of gone) {
    for (const hold of holds) if (holdsGone(hold, archive)) note(id, hold);
  }
  return held;
}

/** @returns the cases that hold a copy whose archive was deleted; a fresh look, for just before something is done */
export async function findHoldsOnCopy(kysely: Kysely<Schema>, archive: string | null): Promise<string[]> {
  const holds = await readActiveHolds(kysely);
  return holds.filter((hold) => holdsGone(hold, archive)).map(({ caseId }) => caseId);
}

/** Of what nothing is known everything holds it. */
function holdsGone(hold: ActiveHold, archive: string | null): boolean {
  if (archive === null) return true;
  const { collected_at } = keptArchive.parse(JSON.parse(archive));
  const at = Date.parse(collected_at);
  return holdOfLine({ text: archive, fromMs: at, toMs: at }, [hold]) !== undefined;
}
