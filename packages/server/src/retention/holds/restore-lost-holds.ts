import { legalHoldScope } from "@firebreak/protocol";
import { sql } from "kysely";
import { z } from "zod";
import { recordAudit } from "../../audit/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";

const LOST_MAX = 200;

/** What the act that applied a hold says of it. */
const applied = z.object({
  at: z.string(),
  actor: z.unknown(),
  detail: z.object({
    caseId: z.string(),
    scope: legalHoldScope,
    target: z.string().nullable(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    reason: z.string(),
  }),
});

/**
 * Compares the holds with the acts that applied and released them: who removes a hold from its table, or ends it there by hand,
 * must not bring Firebreak to delete what it held. Such a hold is put in force again.
 *
 * @returns a sentence for each
 */
export async function restoreLostHolds(ctx: RetentionContext): Promise<string[]> {
  const { rows } = await sql<{ id: string; leaf: string }>`
    select applied.target as id, applied.leaf from audit_log applied
    where applied.action = 'legal_hold.apply'
      and not exists (select from audit_log released
        where released.action = 'legal_hold.release' and released.target = applied.target)
      and not exists (select from legal_holds where id = applied.target and released_at is null)
    limit ${LOST_MAX}`.execute(ctx.database.kysely);
  const told: string[] = [];
  for (const { id, leaf } of rows) {
    await restore(ctx, id, leaf);
    told.push(
      `the legal hold ${id} was gone without a release, and is in force again: find out who can write to the database`,
    );
  }
  return told;
}

async function restore(ctx: RetentionContext, id: string, leaf: string): Promise<void> {
  const { at, actor, detail } = applied.parse(JSON.parse(leaf));
  const { caseId, scope, target, from, to, reason } = detail;
  await inTransaction(ctx.database, async (trx) => {
    const row = {
      case_id: caseId,
      scope,
      target,
      range_from: from,
      range_to: to,
      reason,
      applied_by: JSON.stringify(actor),
      applied_at: at,
      released_at: null,
      released_by: null,
      release_reason: null,
    };
    await trx
      .insertInto("legal_holds")
      .values({ id, ...row })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
    await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, action: "legal_hold.restore", target: id, detail });
  });
}
