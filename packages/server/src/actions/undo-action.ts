import type { ActionView } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { toStoredText } from "../storage/index.ts";
import type { ActionEndCause } from "../storage/index.ts";
import type { ActionRow } from "./action-row.ts";
import { isOurs, readAction, toActionView } from "./action-row.ts";
import { alone, callEffector } from "./call-effector.ts";
import { changeAction } from "./change-action.ts";
import type { ActionContext } from "./context.ts";
import { nextTryAt } from "./next-try.ts";
import { messageOfCall } from "./perform-apply.ts";

/**
 * Takes an action back. One that was taken back already is returned as it is. When it does not work at once, or the
 * action lies on another machine, it stays `undoing` and is tried until it works.
 *
 * @throws FirebreakError not_found; conflict for what cannot be taken back, or is just being applied
 */
export async function undoAction(
  ctx: ActionContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<ActionView> {
  const row = await readAction(ctx, id);
  if (row.state === "undone" || row.state === "expired") return toActionView(row);
  refuseUndo(row);
  const undone = await alone(ctx, id, async () => {
    const undoing = await beginUndo(ctx, row, "person", reason);
    return isOurs(ctx, undoing) ? performUndo(ctx, undoing) : undoing;
  });
  if (undone === null)
    throw new FirebreakError("conflict", `Firebreak is just working on ${id}. Ask again in a moment.`);
  return toActionView(undone);
}

function refuseUndo({ id, state, effector }: ActionRow): void {
  if (state === "applying") throw new FirebreakError("conflict", `${id} is just being applied. Ask again in a moment.`);
  if (state === "failed") throw new FirebreakError("conflict", `${id} failed: nothing of it is in effect.`);
  if (state !== "done") return;
  const hint = effector.startsWith("agent.") ? " A stop ends when somebody lifts its hold: firebreak resume." : "";
  throw new FirebreakError("conflict", `What ${effector} did cannot be taken back.${hint}`);
}

/** From here on it will be taken back, whatever happens to this process. */
export async function beginUndo(
  ctx: ActionContext,
  row: ActionRow,
  cause: ActionEndCause,
  reason: string,
): Promise<ActionRow> {
  const ending = { ended_by: JSON.stringify(ctx.actor), end_reason: toStoredText(reason), end_cause: cause };
  const next = { tries: 0, next_try_at: toIso(ctx.clock.now()) };
  return changeAction(ctx, row, { state: "undoing", message: `being undone: ${reason}`, ...ending, ...next });
}

const END_STATES = { person: "undone", expiry: "expired", failure: "failed" } as const;

/** Takes back an action that is `undoing`, in the name of who asked for it. */
export async function performUndo(ctx: ActionContext, row: ActionRow): Promise<ActionRow> {
  const actor = row.ended_by ?? ctx.actor;
  const result = await callEffector(ctx, row, "undo", { actor });
  ctx.fault?.("undone");
  const told = { ...ctx, actor };
  const message = messageOfCall(result);
  if (result.kind === "outcome" && result.outcome.ok) {
    const state = END_STATES[row.end_cause ?? "person"];
    return changeAction(told, row, { state, message, ended_at: toIso(ctx.clock.now()), next_try_at: null });
  }
  const tries = row.tries + 1;
  ctx.logger.warn("an action could not be undone and is tried again", { action: row.id, tries, problem: message });
  const kept = { message: `NOT undone yet: ${message}`, tries, next_try_at: nextTryAt(ctx, tries) };
  return changeAction(told, row, { state: "undoing", ...kept });
}
