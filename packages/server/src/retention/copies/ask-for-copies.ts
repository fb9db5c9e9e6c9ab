import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";

/** What a copy that was under way may still write is there by then. */
const SETTLED_MS = 10 * 60_000;

/**
 * Makes the copies of an archive due for deletion, in the transaction that deletes the archive. They keep its row, by which
 * legal holds that come later are judged, until the store has nothing of them.
 *
 * @returns where they are
 */
export async function askForCopies(
  trx: Trx,
  { clock }: Pick<RetentionContext, "clock">,
  id: string,
): Promise<string[]> {
  const now = clock.now();
  const { rows } = await sql<{ place: string }>`
    update evidence_copies c set state = 'deleting', attempts = 0, last_error = null, asked_at = ${toIso(now)},
      archive = to_jsonb(t)::text,
      next_at = case when c.state = 'stored' then ${toIso(now)}::timestamptz else ${toIso(now + SETTLED_MS)}::timestamptz end
    from evidence_archives t where t.id = c.archive_id and c.archive_id = ${id} returning c.place`.execute(trx);
  return rows.map(({ place }) => place).toSorted();
}
