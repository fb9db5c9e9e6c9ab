import type { Clock } from "../kernel/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Database, Trx } from "../storage/index.ts";

const CONSUMER = "detection";

type Kysely = Database["kysely"];

/** @returns the `seq` up to which events were judged, by whichever node; 0 at the very first start */
export async function readCursor(kysely: Kysely): Promise<number> {
  const row = await kysely
    .selectFrom("event_cursors")
    .select("last_seq")
    .where("consumer", "=", CONSUMER)
    .executeTakeFirst();
  return Number(row?.last_seq ?? 0);
}

/**
 * Moves the cursor if it still stands where this node left it. With it in the transaction of what a match causes, each
 * match has its effect exactly once, also when two nodes judge the same events.
 *
 * @returns false when another node has moved it
 */
export async function advanceCursor(
  kysely: Kysely | Trx,
  step: { readonly from: number; readonly to: number; readonly clock: Clock },
): Promise<boolean> {
  const updated_at = toIso(step.clock.now());
  if (step.from === 0) {
    const added = await kysely
      .insertInto("event_cursors")
      .values({ consumer: CONSUMER, last_seq: String(step.to), updated_at })
      .onConflict((conflict) => conflict.column("consumer").doNothing())
      .executeTakeFirst();
    return (added.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
  const moved = await kysely
    .updateTable("event_cursors")
    .set({ last_seq: String(step.to), updated_at })
    .where("consumer", "=", CONSUMER)
    .where("last_seq", "=", String(step.from))
    .executeTakeFirst();
  return moved.numUpdatedRows > 0n;
}
