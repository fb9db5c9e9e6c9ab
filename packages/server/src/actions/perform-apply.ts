import { toIso } from "../kernel/index.ts";
import type { EffectorOutcome } from "../containment/index.ts";
import { toStoredJson } from "../storage/index.ts";
import type { ActionRow } from "./action-row.ts";
import { callEffector } from "./call-effector.ts";
import type { CallResult } from "./call-effector.ts";
import { changeAction } from "./change-action.ts";
import type { ActionContext } from "./context.ts";
import { nextTryAt } from "./next-try.ts";

/**
 * Has the effector act, and writes down what came of it. In force is only what its own verify confirms.
 *
 * @param repeats it was in force before: when it fails now, what there is of it stays, and it is tried again
 */
export async function performApply(
  ctx: ActionContext,
  row: ActionRow,
  { repeats = false }: { readonly repeats?: boolean },
): Promise<ActionRow> {
  const result = await callEffector(ctx, row, "apply", { repeats });
  ctx.fault?.("applied");
  const tries = row.tries + 1;
  if (result.kind === "unknown") {
    return changeAction(ctx, row, { state: "interrupted", message: result.message, tries, next_try_at: null });
  }
  const { outcome } = result;
  const output = toStoredJson(outcome.output ?? {}) ?? "{}";
  if (!outcome.ok) return settleFailure(ctx, row, outcome, { repeats, output, tries });
  const now = toIso(ctx.clock.now());
  const facts = { output, applied_at: now, failure: null, tries: 0, next_try_at: null };
  if (ctx.effectors.get(row.effector)?.expiry === "none") {
    return changeAction(ctx, row, { state: "done", message: outcome.message, ended_at: now, ...facts });
  }
  const verified = await callEffector(ctx, { ...row, output: { ...outcome.output } }, "verify");
  if (isProved(verified)) {
    return changeAction(ctx, row, { state: "in_force", message: outcome.message, verified_at: now, ...facts });
  }
  const message = `${outcome.message}; but it does not hold: ${messageOfCall(verified)}`;
  return changeAction(ctx, row, { state: "lost", message, ...facts, tries, next_try_at: nextTryAt(ctx, tries) });
}

async function settleFailure(
  ctx: ActionContext,
  row: ActionRow,
  outcome: EffectorOutcome & { readonly ok: false },
  { repeats, output, tries }: { readonly repeats: boolean; readonly output: string; readonly tries: number },
): Promise<ActionRow> {
  const { reason: failure, message } = outcome;
  const facts = { message, failure, output, tries };
  if (repeats) {
    const kept = { message, failure, tries, next_try_at: nextTryAt(ctx, tries) };
    return changeAction(ctx, row, { state: "lost", ...kept });
  }
  if (outcome.remains === true) {
    const ending = {
      end_cause: "failure",
      ended_by: JSON.stringify(ctx.actor),
      end_reason: "it could not be applied",
    } as const;
    return changeAction(ctx, row, { state: "undoing", ...facts, ...ending, next_try_at: nextTryAt(ctx, tries) });
  }
  return changeAction(ctx, row, { state: "failed", ...facts, ended_at: toIso(ctx.clock.now()), next_try_at: null });
}

export function isProved(result: CallResult): boolean {
  return result.kind === "outcome" && result.outcome.ok;
}

export function messageOfCall(result: CallResult): string {
  return result.kind === "unknown" ? result.message : result.outcome.message;
}
