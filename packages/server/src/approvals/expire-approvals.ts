import type { Kysely } from "kysely";
import { anyRow, inTransaction, instant } from "../storage/index.ts";
import { toIso } from "../kernel/index.ts";
import { leaveTrace } from "./leave-trace.ts";
import type { ApprovalContext } from "./types.ts";
import type { DueCondition, Instant, Schema } from "../storage/index.ts";

const BATCH_MAX = 100;

const overdue = (kysely: Kysely<Schema>, now: Instant) =>
  kysely.selectFrom("approvals").where("state", "in", ["pending", "approved"]).where("expires_at", "<=", now);

/** Whether {@link expireApprovals} would end one. */
export const isApprovalExpired: DueCondition = (kysely, now) => anyRow(overdue(kysely, now));

/** Ends the questions whose time is over: unanswered, or approved and never used. @returns how many */
export async function expireApprovals(ctx: ApprovalContext): Promise<number> {
  const now = ctx.clock.now();
  return inTransaction(ctx.database, async (trx) => {
    const due = await overdue(trx, instant(now))
      .select("id")
      .orderBy("expires_at")
      .limit(BATCH_MAX)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const { id } of due) {
      const row = await trx
        .updateTable("approvals")
        .set({ state: "expired", decided_at: toIso(now) })
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirstOrThrow();
      await leaveTrace(trx, ctx, row, {
        action: "approval.expire",
        text: `Nobody decided in time on “${row.title}”: it is not done.`,
        detail: {},
      });
    }
    return due.length;
  });
}
