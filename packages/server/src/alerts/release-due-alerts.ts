import { emitDomainEvent, inTransaction } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import type { Clock } from "../kernel/index.ts";
import { BATCH_MAX, inBatches } from "./in-batches.ts";

export interface ReleaseContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
}

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
    const due = await trx
      .updateTable("alerts")
      .set({ decide_at: null })
      .where("id", "in", (alerts) =>
        alerts
          .selectFrom("alerts")
          .select("id")
          .where("status", "=", "open")
          .where("decide_at", "<=", new Date(clock.now()))
          .orderBy("decide_at")
          .limit(BATCH_MAX)
          .forUpdate()
          .skipLocked(),
      )
      .returning("id")
      .execute();
    for (const { id } of due) await emitDomainEvent(trx, { type: "alert.due", alertId: id });
    return due.length;
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
