import { recordDeletion } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { dropBatch } from "./batch.ts";
import type { Batch, Selection } from "./batch.ts";
import type { RetentionContext } from "./context.ts";
import { countDeleted } from "./notices.ts";
import { describeSchedule } from "./schedules.ts";

/** Deletes rows that were never archived, and records in the same transaction what is gone, by which policy and notice. */
export async function deleteBatch(
  ctx: RetentionContext,
  selection: Selection,
  batch: Batch,
  noticeId: string,
): Promise<void> {
  const { schedule, store } = selection;
  const { rows } = batch;
  if (rows.length === 0) return;
  await inTransaction(ctx.database, async (trx) => {
    await dropBatch(trx, selection, batch);
    await countDeleted(trx, noticeId, rows.length);
    await recordDeletion(trx, ctx.logKey, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      target: noticeId,
      policy: describeSchedule(schedule),
      entries: rows.flatMap(({ entry }) => entry ?? []),
      detail: {
        class: schedule.class,
        pack: schedule.pack,
        from: store.table,
        rows: rows.length,
        oldest: toIso(rows.reduce((least, row) => Math.min(least, row.fromMs), Infinity)),
        newest: toIso(rows.reduce((most, row) => Math.max(most, row.toMs), -Infinity)),
      },
    });
  });
}
