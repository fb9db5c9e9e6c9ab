import type { AlertView, FalsePositive } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { getAlert } from "./list-alerts.ts";
import type { AlertContext } from "./list-alerts.ts";
import { lockAlert } from "./lock-alert.ts";
import type { SettleContext } from "./settle.ts";
import { toStorableJson, toStorableText } from "./storable-text.ts";

type MarkContext = AlertContext & SettleContext;

/**
 * A person says that nothing was wrong. It is counted for the rule; the alert and its incident stay what they are.
 * Marked again, the newer reason counts.
 *
 * @throws FirebreakError `not_found`; `conflict` for an alert that no rule raised
 */
export async function markFalsePositive(
  ctx: MarkContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<AlertView> {
  await inTransaction(ctx.database, async (trx) => {
    const alert = await lockAlert(trx, id);
    if (alert.rule_id === null) {
      throw new FirebreakError("conflict", `${id} was reported by ${alert.source}, not by a rule. Resolve it instead.`);
    }
    const mark: FalsePositive = { reason: toStorableText(reason), by: ctx.actor, at: toIso(ctx.clock.now()) };
    await writeMark(trx, ctx, id, mark);
    const detail = { rule: alert.rule_id, reason: mark.reason };
    await audit(trx, ctx, "alert.mark_false_positive", id, detail);
  });
  return getAlert(ctx, id);
}

/**
 * Takes a mark back.
 *
 * @throws FirebreakError `not_found`; `conflict` when there is none
 */
export async function unmarkFalsePositive(ctx: MarkContext, { id }: { readonly id: string }): Promise<AlertView> {
  await inTransaction(ctx.database, async (trx) => {
    const alert = await lockAlert(trx, id);
    if (alert.false_positive === null) {
      throw new FirebreakError("conflict", `${id} is not marked as a false positive.`);
    }
    await writeMark(trx, ctx, id, null);
    await audit(trx, ctx, "alert.unmark_false_positive", id, { rule: alert.rule_id });
  });
  return getAlert(ctx, id);
}

async function writeMark(trx: Trx, ctx: MarkContext, id: string, mark: FalsePositive | null): Promise<void> {
  await trx
    .updateTable("alerts")
    .set({ false_positive: mark === null ? null : toStorableJson(mark), updated_at: toIso(ctx.clock.now()) })
    .where("id", "=", id)
    .execute();
  await notifyLive(trx, "alert", id);
}

async function audit(
  trx: Trx,
  { clock, actor }: MarkContext,
  action: string,
  target: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await recordAudit(trx, { at: clock.now(), actor, action, target, detail });
}
