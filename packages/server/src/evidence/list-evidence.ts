import type { EvidenceView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Database, EvidenceArchivesTable, EvidenceCopiesTable } from "../storage/index.ts";

type Reader = { readonly database: Pick<Database, "kysely"> };

const LIST_MAX = 500;

export interface EvidenceFilter {
  readonly incidentId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** @returns the newest archives first, of one incident, agent or session, or of all */
export async function listEvidence(ctx: Reader, filter: EvidenceFilter): Promise<EvidenceView[]> {
  let query = ctx.database.kysely.selectFrom("evidence_archives").selectAll();
  if (filter.incidentId !== undefined) query = query.where("incident_id", "=", filter.incidentId);
  if (filter.agentId !== undefined) query = query.where("agent_id", "=", filter.agentId);
  if (filter.sessionId !== undefined) query = query.where("session_id", "=", filter.sessionId);
  const rows = await query.orderBy("collected_at", "desc").orderBy("id", "desc").limit(LIST_MAX).execute();
  return withCopies(ctx, rows);
}

/** @throws FirebreakError not_found */
export async function getEvidence(ctx: Reader, id: string): Promise<EvidenceView> {
  const rows = await ctx.database.kysely.selectFrom("evidence_archives").selectAll().where("id", "=", id).execute();
  const [view] = await withCopies(ctx, rows);
  if (view === undefined) throw new FirebreakError("not_found", `there is no evidence archive ${id}`);
  return view;
}

async function withCopies(ctx: Reader, rows: readonly Selectable<EvidenceArchivesTable>[]): Promise<EvidenceView[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const copies = await ctx.database.kysely
    .selectFrom("evidence_copies")
    .selectAll()
    .where("archive_id", "in", ids)
    // the last one of a map wins: the store of the profile
    .orderBy("former", "desc")
    .orderBy("stored_at", (order) => order.asc().nullsFirst())
    .execute();
  const byArchive = new Map(copies.map((copy) => [copy.archive_id, copy]));
  return rows.map((row) => toView(row, byArchive.get(row.id)));
}

function toView(
  row: Selectable<EvidenceArchivesTable>,
  copy: Selectable<EvidenceCopiesTable> | undefined,
): EvidenceView {
  const { verified_at: verifiedAt, verified_intact: intact } = row;
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
    failedItems: row.failed_items,
    bytes: Number(row.bytes),
    collectedAt: row.collected_at.toISOString(),
    collectedBy: row.collected_by,
    seal: row.seal,
    verified: verifiedAt === null || intact === null ? null : { at: verifiedAt.toISOString(), intact },
    copy: copy === undefined ? null : copyView(copy),
  };
}

function copyView(copy: Selectable<EvidenceCopiesTable>): EvidenceView["copy"] {
  return {
    place: copy.place,
    state: copy.state,
    objects: copy.objects,
    bytes: Number(copy.bytes),
    locked: copy.locked,
    legalHold: copy.hold,
    attempts: copy.attempts,
    lastError: copy.last_error,
    storedAt: copy.stored_at?.toISOString() ?? null,
  };
}
