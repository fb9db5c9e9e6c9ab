import type { Actor, EvidenceLevel } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import type { Clock } from "../kernel/index.ts";
import { toIso } from "../kernel/index.ts";
import { notifyLive } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { adoptCustody } from "./custody.ts";
import type { EvidenceSummary } from "./read-summary.ts";

export interface ArchiveFacts {
  readonly incidentId: string | null;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  readonly reason: string;
  readonly level?: EvidenceLevel;
}

export interface RecordContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly actor: Actor;
}

/** Puts a sealed archive on record, once, with its act in the audit log. @returns false when it was there already */
export async function recordArchive(
  ctx: RecordContext,
  facts: ArchiveFacts,
  summary: EvidenceSummary,
  collectedAt = toIso(ctx.clock.now()),
): Promise<boolean> {
  const { incidentId, sessionId, agentId, reason, level } = facts;
  const { collected, degraded, failed } = summary.completeness;
  return ctx.database.kysely.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto("evidence_archives")
      .values({
        id: summary.id,
        incident_id: incidentId,
        session_id: sessionId,
        agent_id: agentId,
        reason,
        directory: summary.directory,
        manifest_sha256: summary.manifestSha256,
        items: summary.items,
        degraded_items: summary.degradedItems,
        failed_items: failed,
        bytes: String(summary.bytes),
        collected_at: collectedAt,
        collected_by: JSON.stringify(ctx.actor),
      })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returning("id")
      .executeTakeFirst();
    if (inserted === undefined) return false;
    const counts = { items: summary.items, collected, degraded, failed };
    const { manifestSha256 } = summary;
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      action: "evidence.collect",
      target: summary.id,
      detail: {
        incidentId,
        agentId,
        sessionId,
        reason,
        manifestSha256,
        collectedAt,
        ...counts,
        ...(level === undefined ? {} : { level }),
      },
    });
    await adoptCustody(trx, ctx, summary);
    await notifyLive(trx, "evidence", summary.id);
    return true;
  });
}
