import type { ApprovalState } from "@firebreak/protocol";
import { useApproval } from "../approvals/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { startActing } from "./begin-reaction.ts";
import { changeReaction } from "./change-reaction.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { carryOn } from "./react.ts";
import { APPROVAL_KIND, argumentsOf } from "./settle-reaction.ts";

/**
 * Follows a person's answer: does once what was approved, and drops what was denied or not answered in time. An approval that
 * asks something else is left alone.
 *
 * @returns a playbook's run that may be executed now, or null
 */
export async function followAnswer(
  ctx: ReactionContext,
  { approvalId, state }: { readonly approvalId: string; readonly state: ApprovalState },
): Promise<string | null> {
  const row = await ctx.database.kysely
    .selectFrom("reactions")
    .selectAll()
    .where("approval_id", "=", approvalId)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.state !== "waiting") return carryOn(ctx, row);
  switch (state) {
    case "approved":
      return carryOn(ctx, await spend(ctx, row, approvalId));
    case "denied":
    case "expired":
      return drop(ctx, row, state);
    case "pending":
    case "used":
      return null;
    default:
      return state satisfies never;
  }
}

/** The approval is used and the act begun in one transaction: neither without the other. */
async function spend(ctx: ReactionContext, row: ReactionRow, id: string): Promise<ReactionRow> {
  try {
    return await inTransaction(ctx.database, async (trx) => {
      await useApproval(trx, ctx, { id, kind: APPROVAL_KIND, arguments: argumentsOf(row), usedFor: row.id });
      return begin(trx, ctx, row);
    });
  } catch (fault) {
    if (!(fault instanceof FirebreakError)) throw fault;
    // it expired between the answer and now, or the playbook is gone
    const message = fault.message;
    const failed = await inTransaction(ctx.database, (trx) =>
      changeReaction(trx, ctx, row, { state: fault.code === "conflict" ? "expired" : "failed", message }),
    );
    return failed ?? row;
  }
}

async function begin(trx: Trx, ctx: ReactionContext, row: ReactionRow): Promise<ReactionRow> {
  const acted = { state: "applying", acted_at: toIso(ctx.clock.now()) } as const;
  const begun = await changeReaction(trx, ctx, row, acted);
  return begun === undefined ? row : startActing(trx, ctx, begun);
}

async function drop(ctx: ReactionContext, row: ReactionRow, state: "denied" | "expired"): Promise<null> {
  const message = state === "denied" ? "a person said no" : "nobody answered in time";
  await inTransaction(ctx.database, (trx) => changeReaction(trx, ctx, row, { state, message }));
  return null;
}
