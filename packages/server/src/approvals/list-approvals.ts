import type { ApprovalState, ApprovalView } from "@firebreak/protocol";
import { answersOf, refuseUnknown, toApprovalView } from "./approval-row.ts";
import type { ApprovalContext } from "./types.ts";
import type { Answerer } from "./who-may-answer.ts";

export interface ApprovalFilters {
  /** one state; left out, all */
  readonly state?: ApprovalState | undefined;
  readonly kind?: string | undefined;
  readonly target?: string | undefined;
  readonly incident?: string | undefined;
  /** only what was approved by breaking glass and waits for its review */
  readonly unreviewed?: boolean | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

type ReadContext = Pick<ApprovalContext, "database">;

const PAGE_DEFAULT = 50;
const PAGE_MAX = 500;

/** @returns questions, the newest first, each with why `reader` may not approve it */
export async function listApprovals(
  ctx: ReadContext,
  reader: Answerer,
  filters: ApprovalFilters = {},
): Promise<{ items: ApprovalView[]; next: string | null }> {
  const limit = Math.max(1, Math.min(filters.limit ?? PAGE_DEFAULT, PAGE_MAX));
  let query = ctx.database.kysely.selectFrom("approvals").selectAll();
  if (filters.state !== undefined) query = query.where("state", "=", filters.state);
  if (filters.kind !== undefined) query = query.where("kind", "=", filters.kind);
  if (filters.target !== undefined) query = query.where("target", "=", filters.target);
  if (filters.incident !== undefined) query = query.where("incident_id", "=", filters.incident);
  if (filters.unreviewed === true) query = query.where("break_glass", "is not", null).where("reviewed", "is", null);
  if (filters.after !== undefined) query = query.where("id", "<", filters.after);
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const answers = await answersOf(
    ctx.database.kysely,
    page.map((row) => row.id),
  );
  const items = page.map((row) =>
    toApprovalView(
      row,
      answers.filter((one) => one.approval_id === row.id),
      reader,
    ),
  );
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** @throws FirebreakError `not_found` */
export async function getApproval(ctx: ReadContext, reader: Answerer, id: string): Promise<ApprovalView> {
  const { kysely } = ctx.database;
  const row = await kysely.selectFrom("approvals").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return refuseUnknown(id);
  return toApprovalView(row, await answersOf(kysely, [id]), reader);
}

export async function countPendingApprovals(ctx: ReadContext): Promise<number> {
  const { count } = await ctx.database.kysely
    .selectFrom("approvals")
    .select((expression) => expression.fn.countAll<string>().as("count"))
    .where("state", "=", "pending")
    .executeTakeFirstOrThrow();
  return Number(count);
}
