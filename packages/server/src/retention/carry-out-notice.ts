import type { Selectable } from "kysely";
import { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { RetentionNoticesTable } from "../storage/index.ts";
import { deleteSegment } from "./archive/delete-segment.ts";
import { segmentsOf } from "./archive/segments.ts";
import { BatchChanged, takeBatch } from "./batch.ts";
import type { Selection } from "./batch.ts";
import { deleteBatch } from "./delete-batch.ts";
import { deleteEvidence } from "./delete-evidence.ts";
import { readActiveHolds } from "./holds/active-holds.ts";
import { eraseOldOriginals, measureOriginals } from "./originals.ts";
import type { Pass } from "./pass.ts";
import { measure } from "./rows.ts";
import { agedBefore } from "./schedules.ts";
import type { Schedule, Stretch } from "./schedules.ts";
import { EVIDENCE, storesOf } from "./stores.ts";

type NoticeRow = Selectable<RetentionNoticesTable>;

interface Held {
  rows: number;
  readonly cases: Set<string>;
}

/**
 * Deletes what a notice announced, now that its time has come: what the policy of today says is old enough, and nothing
 * holds. The notice stays open when there is more than one pass may do, or when something failed.
 */
export async function carryOutNotice(pass: Pass, schedule: Schedule, notice: NoticeRow): Promise<void> {
  if (schedule.deleteDays === null) return;
  if (!(await wasGiven(pass, notice))) {
    pass.failures.push(
      `the notice ${notice.id} was never given: nothing is deleted by it. Find out who can write to the database`,
    );
    return;
  }
  const stretch = {
    fromMs: notice.covers_from?.getTime(),
    beforeMs: Math.min(notice.covers_before.getTime(), agedBefore(pass.ctx.clock.now(), schedule.deleteDays)),
  };
  const held: Held = { rows: 0, cases: new Set() };
  const isRowsDone = await deleteRows(pass, schedule, stretch, { notice, held });
  const isArchiveDone = await deleteArchived(pass, schedule, stretch, { notice, held });
  if (isRowsDone && isArchiveDone) await endNotice(pass, notice, held);
}

/** Whoever can write to the table of notices must not get round the time of a notice. */
async function wasGiven({ ctx }: Pass, notice: NoticeRow): Promise<boolean> {
  const act = await ctx.database.kysely
    .selectFrom("audit_log")
    .select("leaf")
    .where("target", "=", notice.id)
    .where("action", "=", "retention.notice")
    .executeTakeFirst();
  const given = z.object({ detail: z.object({ before: z.string(), dueAt: z.string() }) });
  const said = given.safeParse(JSON.parse(act?.leaf ?? "null"));
  if (!said.success) return false;
  const { before, dueAt } = said.data.detail;
  return Date.parse(before) === notice.covers_before.getTime() && Date.parse(dueAt) === notice.due_at.getTime();
}

interface Doing {
  readonly notice: NoticeRow;
  readonly held: Held;
}

/** @returns whether nothing is left that may go */
async function deleteRows(pass: Pass, schedule: Schedule, stretch: Stretch, { notice, held }: Doing): Promise<boolean> {
  const { kysely } = pass.ctx.database;
  for (const store of storesOf(schedule.class)) {
    const selection: Selection = { store, schedule, stretch };
    for (let isFull = true; isFull;) {
      if (!pass.mayGoOn()) return false;
      const batch = await takeBatch(kysely, selection, await readActiveHolds(kysely), pass.size);
      pass.noteAltered(store, batch);
      try {
        if (store === EVIDENCE) await deleteEvidence(pass.ctx, selection, batch, notice.id);
        else await deleteBatch(pass.ctx, selection, batch, notice.id);
      } catch (fault) {
        if (fault instanceof BatchChanged) return false;
        throw fault;
      }
      pass.deleted += batch.rows.length;
      isFull = batch.isFull && batch.rows.length > 0;
    }
    const left = await measure(kysely, store, schedule, stretch, await readActiveHolds(kysely));
    held.rows += left.held;
    for (const one of left.cases) held.cases.add(one);
  }
  if (schedule.class === "pii") await eraseOriginals(pass, schedule, stretch, { notice, held });
  return true;
}

async function eraseOriginals(
  pass: Pass,
  schedule: Schedule,
  stretch: Stretch,
  { notice, held }: Doing,
): Promise<void> {
  const { kysely } = pass.ctx.database;
  pass.deleted += await eraseOldOriginals(pass.ctx, schedule, stretch, notice.id);
  const left = await measureOriginals(kysely, schedule, stretch, await readActiveHolds(kysely));
  held.rows += left.held;
  for (const one of left.cases) held.cases.add(one);
}

async function deleteArchived(
  pass: Pass,
  schedule: Schedule,
  stretch: Stretch,
  { notice, held }: Doing,
): Promise<boolean> {
  const segments = await segmentsOf(pass.ctx.database.kysely, schedule, stretch)
    .selectAll()
    .orderBy("newest")
    .execute();
  let isDone = true;
  for (const segment of segments) {
    if (!pass.mayGoOn()) return false;
    await pass.attempt(`delete the segment ${segment.id}`, async () => {
      isDone = false;
      const hold = await deleteSegment(pass.ctx, segment, schedule, notice.id);
      isDone = true;
      if (hold === null) pass.deleted += Number(segment.row_count);
      else {
        held.rows += Number(segment.row_count);
        held.cases.add(hold.caseId);
      }
    });
  }
  return isDone;
}

async function endNotice(pass: Pass, notice: NoticeRow, held: Held): Promise<void> {
  const { ctx } = pass;
  const cases = [...held.cases];
  await inTransaction(ctx.database, async (trx) => {
    const now = ctx.clock.now();
    const { deleted } = await trx
      .updateTable("retention_notices")
      .set({ state: "done", ended_at: toIso(now), ended_by: JSON.stringify(ctx.actor), held: String(held.rows) })
      .where("id", "=", notice.id)
      .returning("deleted")
      .executeTakeFirstOrThrow();
    const detail = { class: notice.class, pack: notice.pack, deleted: Number(deleted), held: held.rows, cases };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "retention.done", target: notice.id, detail });
    await notifyLive(trx, "retention", notice.id);
  });
  if (held.rows === 0) return;
  pass.held += held.rows;
  pass.blocked.push({ noticeId: notice.id, class: notice.class, rows: held.rows, cases });
}
