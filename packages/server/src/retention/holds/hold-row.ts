import type { LegalHoldView } from "@firebreak/protocol";
import type { Kysely, Selectable } from "kysely";
import type { LegalHoldsTable, Schema } from "../../storage/index.ts";

/** What a person has to approve before a legal hold ends. */
export const RELEASE_KIND = "legal_hold.release";

export function viewHold(row: Selectable<LegalHoldsTable>, approvalId: string | null = null): LegalHoldView {
  return {
    id: row.id,
    caseId: row.case_id,
    scope: row.scope,
    target: row.target,
    from: row.range_from?.toISOString() ?? null,
    to: row.range_to?.toISOString() ?? null,
    reason: row.reason,
    appliedBy: row.applied_by,
    appliedAt: row.applied_at.toISOString(),
    releasedAt: row.released_at?.toISOString() ?? null,
    releasedBy: row.released_by,
    releaseReason: row.release_reason,
    approvalId,
  };
}

/** @returns the hold in words: `case 2026-17: agent scout` */
export function describeHold({
  case_id,
  scope,
  target,
}: Pick<Selectable<LegalHoldsTable>, "case_id" | "scope" | "target">): string {
  return `case ${case_id}: ${target === null ? "everything" : `${scope} ${target}`}`;
}

/** @returns the open questions about releasing holds: hold to approval */
export async function openReleases(kysely: Kysely<Schema>): Promise<Map<string, string>> {
  const rows = await kysely
    .selectFrom("approvals")
    .select(["id", "target"])
    .where("kind", "=", RELEASE_KIND)
    .where("state", "=", "pending")
    .execute();
  return new Map(rows.flatMap(({ id, target }) => (target === null ? [] : [[target, id]])));
}
