import type { ActionView } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { ActionRow } from "./action-row.ts";
import { isOurs, readAction, toActionView } from "./action-row.ts";
import { alone, callEffector } from "./call-effector.ts";
import { changeAction } from "./change-action.ts";
import type { ActionContext } from "./context.ts";
import { isProved, messageOfCall } from "./perform-apply.ts";

/**
 * Compares an action with the real world: `in_force` is confirmed or becomes `lost`; the others are returned as they are.
 *
 * @throws FirebreakError not_found; conflict for one of another machine, or when it is being worked on
 */
export async function verifyAction(ctx: ActionContext, id: string): Promise<ActionView> {
  const row = await readAction(ctx, id);
  if (row.state !== "in_force") return toActionView(row);
  if (!isOurs(ctx, row)) throw new FirebreakError("conflict", `${id} lies on ${row.host} and is verified there.`);
  const verified = await alone(ctx, id, () => confirm(ctx, row));
  if (verified === null)
    throw new FirebreakError("conflict", `Firebreak is just working on ${id}. Ask again in a moment.`);
  return toActionView(verified);
}

/** @returns the row, `in_force` when the effector's verify says so, else `lost` */
export async function confirm(ctx: ActionContext, row: ActionRow): Promise<ActionRow> {
  const result = await callEffector(ctx, row, "verify");
  const now = toIso(ctx.clock.now());
  if (!isProved(result)) {
    const message = `it is not in effect: ${messageOfCall(result)}`;
    return changeAction(ctx, row, { state: "lost", message, tries: 0, next_try_at: now });
  }
  await ctx.database.kysely.updateTable("actions").set({ verified_at: now }).where("id", "=", row.id).execute();
  return { ...row, verified_at: new Date(now) };
}

/** Applies again what is lost. What must not run twice waits for a person. */
export function mayRepeat(ctx: ActionContext, row: ActionRow): boolean {
  return ctx.effectors.get(row.effector)?.idempotent ?? false;
}
