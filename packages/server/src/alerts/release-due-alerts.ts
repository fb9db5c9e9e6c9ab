import type { Kysely } from "kysely";
import { anyRow, emitDomainEvent, inTransaction, instant } from "../storage/index.ts";
import type { Database, DueCondition, Instant, Schema } from "../storage/index.ts";
import type { Clock } from "../kernel/index.ts";
import { BATCH_MAX, inBatches } from "./in-batches.ts";

export interface ReleaseContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
}

const due = (kysely: Kysely<Schema>, now: Instant) =>
  kysely.selectFrom("alerts").where("status", "=", "open").where("decide_at", "<=", now);

/** Whether {@link releaseDueAlerts} would find one. */
export const isAlertDue: DueCondition = (kysely, now) => anyRow(due(kysely, now));

/**
 * Hands every open alert whose hold may be over to the pipeline again, each once however many nodes ask.
 *
 * @returns how many
 */
export function releaseDueAlerts(ctx: ReleaseContext): Promise<number> {
  return inBatches(() => releaseBatch(ctx));
}

async function releaseBatch({ database, clock }: ReleaseContext): Promise<number> {
  return inTransaction(database, async (trx) => {
    const taken = due(trx, instant(clock.now()))
      .select("id")
      .orderBy("decide_at")
      .limit(BATCH_MAX)
      .forUpdate()
      .skipLocked();
    const released = await trx
      .updateTable("alerts")
      .set({ decide_at: null })
      .where("id", "in", taken)
      .returning("id")
      .execute();
    for (const { id } of released) await emitDomainEvent(trx, { type: "alert.due", alertId: id });
    return released.length;
  });
}

/**
 * At a start: alerts that the profile's routes or inhibitions hold are looked at again, because the profile may have
 * changed while nothing ran.
 */
export async function recheckHeldByProfile({ database, clock }: ReleaseContext): Promise<void> {
  await database.kysely
    .updateTable("alerts")
    .set({ decide_at: new Date(clock.now()) })
    .where("status", "=", "open")
    .where("held_by", "is not", null)
    .where("held_by", "not like", "sil\\_%")
    .execute();
}
