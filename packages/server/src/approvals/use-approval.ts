import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";
import { lockApproval } from "./approval-row.ts";
import { leaveTrace } from "./leave-trace.ts";
import { canonicalArguments } from "./request-approval.ts";
import type { ApprovalContext, ApprovalRow } from "./types.ts";

export interface ApprovalUse {
  readonly id: string;
  readonly kind: string;
  /** what is about to be done; it must be exactly what was approved */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** names this one use, so that it may go on after a crash and no other use can have it */
  readonly usedFor: string;
}

/**
 * Spends an approval, once, before what it allows is done. In the caller's transaction.
 *
 * @throws FirebreakError `conflict` when it is not approved, has expired, was spent on another use, or allows something
 *   else than this; `not_found`
 */
export async function useApproval(
  trx: Trx,
  ctx: Pick<ApprovalContext, "actor" | "clock" | "recordTimeline">,
  use: ApprovalUse,
): Promise<ApprovalRow> {
  const row = await lockApproval(trx, use.id);
  if (row.kind !== use.kind || row.arguments !== canonicalArguments(use.arguments)) {
    throw new FirebreakError(
      "conflict",
      `${row.id} allows something else than this. Ask for exactly what is to be done.`,
    );
  }
  if (row.state === "used" && row.used_for === use.usedFor) return row;
  const now = ctx.clock.now();
  if (row.state !== "approved")
    throw new FirebreakError("conflict", `${row.id} is ${row.state}, so it allows nothing.`);
  if (row.expires_at.getTime() <= now) throw new FirebreakError("conflict", `${row.id} has expired. Ask again.`);
  const used = await trx
    .updateTable("approvals")
    .set({ state: "used", used_at: toIso(now), used_for: use.usedFor })
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await leaveTrace(trx, ctx, used, {
    action: "approval.use",
    text: `The approval of “${row.title}” is used.`,
    detail: { usedFor: use.usedFor },
  });
  return used;
}
