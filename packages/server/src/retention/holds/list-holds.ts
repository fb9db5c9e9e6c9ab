import type { LegalHoldView } from "@firebreak/protocol";
import type { RetentionContext } from "../context.ts";
import { openReleases, viewHold } from "./hold-row.ts";

const LIST_MAX = 500;

/** @returns legal holds, those in force first, then the newest */
export async function listLegalHolds(
  { database }: Pick<RetentionContext, "database">,
  { released }: { readonly released: boolean },
): Promise<LegalHoldView[]> {
  let query = database.kysely.selectFrom("legal_holds").selectAll();
  if (!released) query = query.where("released_at", "is", null);
  const rows = await query
    .orderBy((expression) => expression("released_at", "is not", null))
    .orderBy("applied_at", "desc")
    .orderBy("id", "desc")
    .limit(LIST_MAX)
    .execute();
  const questions = await openReleases(database.kysely);
  return rows.map((row) => viewHold(row, row.released_at === null ? (questions.get(row.id) ?? null) : null));
}
