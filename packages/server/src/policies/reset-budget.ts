import type { BudgetView, ResetBudgetRequest } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { PolicyContext } from "./context.ts";
import { currentBudgets, listBudgets } from "./list-budgets.ts";

/**
 * Gives a budget anew for the rest of its window. Processes keep what they took before, which is a small part of the
 * limit; what was taken is in the audit log.
 *
 * @throws FirebreakError not_found when nothing was taken of such a budget in this window
 */
export async function resetBudget(ctx: PolicyContext, request: ResetBudgetRequest): Promise<BudgetView[]> {
  const { budget, subject, metric, reason } = request;
  const files = currentBudgets(ctx, { budget }).filter(
    (file) => file.subject === subject && (metric === undefined || file.metric === metric),
  );
  if (files.length === 0) {
    throw new FirebreakError("not_found", `Nothing was taken of a budget ${budget} of ${subject} in this window.`);
  }
  const at = ctx.clock.now();
  await inTransaction(ctx.database, async (trx) => {
    const taken = files.map((file) => ({ metric: file.metric, units: file.log.look().taken }));
    const detail = { subject, reason, taken };
    await recordAudit(trx, { at, actor: ctx.actor, action: "budget.reset", target: budget, detail });
    await notifyLive(trx, "policy", budget);
    for (const { log } of files) log.append({ t: "reset", by: ctx.actor.name, at }, { durable: true });
  });
  return listBudgets(ctx, { budget, subject }).filter((view) => view.subject === subject);
}
