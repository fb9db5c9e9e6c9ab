import { DELETION_ACT } from "@firebreak/verifier";
import type { Kysely } from "kysely";
import type { Schema } from "../../storage/index.ts";

/**
 * Whoever can write to the table of copies must not bring Firebreak to delete what nobody decided on.
 *
 * @returns whether the archive is gone, and the audit log says that it was deleted
 */
export async function wasArchiveDeleted(kysely: Kysely<Schema>, archiveId: string): Promise<boolean> {
  const archive = await kysely
    .selectFrom("evidence_archives")
    .select("id")
    .where("id", "=", archiveId)
    .executeTakeFirst();
  if (archive !== undefined) return false;
  const act = await kysely
    .selectFrom("audit_log")
    .select("seq")
    .where("action", "=", DELETION_ACT)
    .where("target", "=", archiveId)
    .executeTakeFirst();
  return act !== undefined;
}
