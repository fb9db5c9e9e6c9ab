import type { RetentionNotice, RetentionNoticeState } from "@firebreak/protocol";
import type { Kysely, Selectable } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { RetentionNoticesTable, Schema, Trx } from "../storage/index.ts";
import type { RetentionContext } from "./context.ts";
import { agedBefore, describeSchedule } from "./schedules.ts";
import type { Schedule, Stretch } from "./schedules.ts";

const DAY_MS = 86_400_000;
/** What is announced is of whole weeks, so that the list of notices stays one that people read; without a notice of whole days. */
const WEEK_MS = 7 * DAY_MS;
const LIST_MAX = 500;

/** @returns what ended before this is deleted within a notice that begins now; undefined: nothing ever */
export function deletedBefore({ deleteDays, noticeDays }: Schedule, now: number): number | undefined {
  return deleteDays === null ? undefined : agedBefore(now, Math.max(0, deleteDays - noticeDays));
}

export function viewNotice(row: Selectable<RetentionNoticesTable>): RetentionNotice {
  return {
    id: row.id,
    class: row.class,
    pack: row.pack,
    from: row.covers_from?.toISOString() ?? null,
    before: row.covers_before.toISOString(),
    rows: Number(row.row_count),
    announcedAt: row.announced_at.toISOString(),
    dueAt: row.due_at.toISOString(),
    state: row.state,
    endedAt: row.ended_at?.toISOString() ?? null,
    endedBy: row.ended_by,
    reason: row.reason,
    deleted: Number(row.deleted),
    held: Number(row.held),
  };
}

/** @returns announced deletions first, then what became of others, newest first */
export async function listNotices(
  { database }: Pick<RetentionContext, "database">,
  filter: { readonly state?: RetentionNoticeState | undefined },
): Promise<RetentionNotice[]> {
  let query = database.kysely.selectFrom("retention_notices").selectAll();
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  const rows = await query
    .orderBy((expression) => expression("state", "!=", "announced"))
    .orderBy("due_at", "desc")
    .orderBy("id", "desc")
    .limit(LIST_MAX)
    .execute();
  return rows.map(viewNotice);
}

/**
 * Puts a deletion off: it is announced again, with the whole notice before it, once as long as that notice has passed.
 *
 * @throws FirebreakError `not_found`; `conflict` when it was deleted or cancelled already
 */
export async function cancelNotice(
  ctx: RetentionContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<RetentionNotice> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .selectFrom("retention_notices")
      .selectAll()
      .where("id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw new FirebreakError("not_found", `There is no notice ${id}.`);
    if (row.state !== "announced") throw new FirebreakError("conflict", `The notice ${id} is ${row.state} already.`);
    const now = ctx.clock.now();
    const cancelled = await trx
      .updateTable("retention_notices")
      .set({ state: "cancelled", ended_at: toIso(now), ended_by: JSON.stringify(ctx.actor), reason })
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const detail = { class: row.class, pack: row.pack, reason };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "retention.cancel", target: id, detail });
    await notifyLive(trx, "retention", id);
    return viewNotice(cancelled);
  });
}

const ofSchedule = (kysely: Kysely<Schema>, { class: name, pack }: Schedule) =>
  kysely
    .selectFrom("retention_notices")
    .selectAll()
    .where("class", "=", name)
    .where("pack", "is not distinct from", pack);

/** @returns when the next deletion of a schedule happens at the earliest */
export async function firstDue(kysely: Kysely<Schema>, schedule: Schedule, now: number): Promise<string> {
  const next = await ofSchedule(kysely, schedule).where("state", "=", "announced").orderBy("due_at").executeTakeFirst();
  return next?.due_at.toISOString() ?? toIso(now + schedule.noticeDays * DAY_MS);
}

/** @returns notices whose time has come, oldest first */
export function dueNotices(kysely: Kysely<Schema>, schedule: Schedule, now: number) {
  return ofSchedule(kysely, schedule)
    .where("state", "=", "announced")
    .where("due_at", "<=", new Date(now))
    .orderBy("due_at")
    .execute();
}

/**
 * Announces what will be old enough when the notice is over, and is not announced yet: rows that a hold kept when their
 * time came are announced anew.
 *
 * @param count how many rows would go that ended in that stretch
 * @returns how many notices were given
 */
export async function announce(
  ctx: RetentionContext,
  schedule: Schedule,
  count: (stretch: Stretch) => Promise<number>,
): Promise<number> {
  const now = ctx.clock.now();
  const ends = deletedBefore(schedule, now);
  if (ends === undefined) return 0;
  const known = await ofSchedule(ctx.database.kysely, schedule)
    .where((expression) =>
      expression.or([
        expression("state", "=", "announced"),
        expression.and([
          expression("state", "=", "cancelled"),
          expression("ended_at", ">", new Date(now - schedule.noticeDays * DAY_MS)),
        ]),
      ]),
    )
    .execute();
  let announced = 0;
  const end = schedule.noticeDays === 0 ? ends : Math.floor(ends / WEEK_MS) * WEEK_MS;
  for (const stretch of gapsBetween(known, end)) {
    const rows = await count(stretch);
    if (rows === 0) continue;
    await giveNotice(ctx, schedule, stretch, rows);
    announced += 1;
  }
  return announced;
}

type Covered = Pick<Selectable<RetentionNoticesTable>, "covers_from" | "covers_before">;

/** @returns the stretches before `endMs` that none of these covers */
function gapsBetween(covered: readonly Covered[], endMs: number): Stretch[] {
  const taken = covered
    .map((one) => ({ from: one.covers_from?.getTime() ?? -Infinity, before: one.covers_before.getTime() }))
    .toSorted((left, right) => left.from - right.from);
  const gaps: Stretch[] = [];
  let at = -Infinity;
  const note = (before: number) => {
    if (at < before) gaps.push({ fromMs: at === -Infinity ? undefined : at, beforeMs: before });
  };
  for (const { from, before } of taken) {
    note(Math.min(from, endMs));
    at = Math.max(at, before);
  }
  note(endMs);
  return gaps;
}

async function giveNotice(
  ctx: RetentionContext,
  schedule: Schedule,
  { fromMs, beforeMs }: Stretch,
  rows: number,
): Promise<void> {
  const now = ctx.clock.now();
  const dueAt = toIso(Math.max(now + schedule.noticeDays * DAY_MS, beforeMs + (schedule.deleteDays ?? 0) * DAY_MS));
  const id = ctx.newId("retentionNotice");
  const [from, before] = [fromMs === undefined ? null : toIso(fromMs), toIso(beforeMs)];
  await inTransaction(ctx.database, async (trx) => {
    await trx
      .insertInto("retention_notices")
      .values({
        id,
        class: schedule.class,
        pack: schedule.pack,
        covers_from: from,
        covers_before: before,
        row_count: String(rows),
        announced_at: toIso(now),
        due_at: dueAt,
        state: "announced",
        reason: null,
      })
      .execute();
    const detail = {
      class: schedule.class,
      pack: schedule.pack,
      from,
      before,
      rows,
      dueAt,
      policy: describeSchedule(schedule),
    };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "retention.notice", target: id, detail });
    await notifyLive(trx, "retention", id);
  });
}

/** Counts what a notice deleted, in the transaction that deletes it: exactly, whatever is cut off. */
export async function countDeleted(trx: Trx, noticeId: string, rows: number): Promise<void> {
  await trx
    .updateTable("retention_notices")
    .set((expression) => ({ deleted: expression("deleted", "+", String(rows)) }))
    .where("id", "=", noticeId)
    .execute();
}
