import type { Kysely } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import { anyRow, emitDomainEvent, inTransaction, instant, notifyLive } from "../storage/index.ts";
import type { Database, DueCondition, Instant, Schema } from "../storage/index.ts";
import { BATCH_MAX, inBatches } from "./in-batches.ts";
import { writeResolution } from "./settle.ts";
import type { SettleContext } from "./settle.ts";

export interface ExpireContext extends SettleContext {
  readonly database: Pick<Database, "kysely">;
}

const expired = (kysely: Kysely<Schema>, now: Instant) =>
  kysely.selectFrom("alerts").where("status", "=", "open").where("ends_at", "<=", now);

/** Whether {@link resolveExpiredAlerts} would find one. */
export const isAlertExpired: DueCondition = (kysely, now) => anyRow(expired(kysely, now));

const overdue = (kysely: Kysely<Schema>, now: Instant) =>
  kysely
    .selectFrom("alerts")
    .where("status", "=", "open")
    .where("stale_since", "is", null)
    .where("stale_at", "<=", now);

/** Whether {@link markStaleAlerts} would find one. */
export const isAlertStale: DueCondition = (kysely, now) => anyRow(overdue(kysely, now));

/**
 * Resolves what its sender promised to be over by now unless heard again. Each alert once, however many nodes ask.
 *
 * @returns how many
 */
export function resolveExpiredAlerts(ctx: ExpireContext): Promise<number> {
  return inBatches(() => resolveBatch(ctx));
}

async function resolveBatch(ctx: ExpireContext): Promise<number> {
  return inTransaction(ctx.database, async (trx) => {
    const due = await expired(trx, instant(ctx.clock.now()))
      .select("id")
      .orderBy("ends_at")
      .limit(BATCH_MAX)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const { id } of due) await writeResolution(trx, ctx, id, "expired");
    return due.length;
  });
}

/**
 * Marks what should have been heard again and was not. It stays open: a lost message is no resolution.
 *
 * @returns how many
 */
export function markStaleAlerts(ctx: ExpireContext): Promise<number> {
  return inBatches(() => markBatch(ctx));
}

async function markBatch(ctx: ExpireContext): Promise<number> {
  return inTransaction(ctx.database, async (trx) => {
    const now = ctx.clock.now();
    const due = await overdue(trx, instant(now))
      .select("id")
      .orderBy("stale_at")
      .limit(BATCH_MAX)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const { id } of due) {
      await trx
        .updateTable("alerts")
        .set({ stale_since: toIso(now), updated_at: toIso(now) })
        .where("id", "=", id)
        .execute();
      await recordAudit(trx, { at: now, actor: ctx.actor, action: "alert.stale", target: id, detail: {} });
      await emitDomainEvent(trx, { type: "alert.changed", alertId: id, change: "stale" });
      await notifyLive(trx, "alert", id);
    }
    return due.length;
  });
}
