import type { EvidenceView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Database, EvidenceArchivesTable } from "../storage/index.ts";

type Reader = { readonly database: Pick<Database, "kysely"> };

const LIST_MAX = 500;

/** @returns the newest archives first, of one incident or of all */
export async function listEvidence(ctx: Reader, filter: { incidentId?: string | undefined }): Promise<EvidenceView[]> {
  let query = ctx.database.kysely.selectFrom("evidence_archives").selectAll();
  if (filter.incidentId !== undefined) query = query.where("incident_id", "=", filter.incidentId);
  const rows = await query.orderBy("collected_at", "desc").orderBy("id", "desc").limit(LIST_MAX).execute();
  return rows.map(toView);
}

/** @throws FirebreakError not_found */
export async function getEvidence(ctx: Reader, id: string): Promise<EvidenceView> {
  const row = await ctx.database.kysely
    .selectFrom("evidence_archives")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `there is no evidence archive ${id}`);
  return toView(row);
}

function toView(row: Selectable<EvidenceArchivesTable>): EvidenceView {
  return {
    id: row.id,
    incidentId: row.incident_id,
    sessionId: row.session_id,
    agentId: row.agent_id,
    reason: row.reason,
    directory: row.directory,
    manifestSha256: row.manifest_sha256,
    items: row.items,
    degradedItems: row.degraded_items,
    bytes: Number(row.bytes),
    collectedAt: row.collected_at.toISOString(),
    collectedBy: row.collected_by,
  };
}
