import type { ActionState, Actor } from "@firebreak/protocol";
import type { Updateable } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction, notifyLive, toStoredText } from "../storage/index.ts";
import type { ActionsTable, Trx } from "../storage/index.ts";
import type { ActionRow } from "./action-row.ts";
import type { ActionContext } from "./context.ts";

type TellContext = Pick<ActionContext, "clock"> & { readonly actor: Actor };

/**
 * Writes what became of an action, under the condition that it is as this process knows it; with audit row, incident
 * timeline and live notice in the same transaction.
 *
 * @throws FirebreakError conflict when somebody else changed it
 */
export async function changeAction(
  ctx: TellContext & Pick<ActionContext, "database">,
  known: ActionRow,
  change: Updateable<ActionsTable> & { readonly state: ActionState; readonly message: string },
): Promise<ActionRow> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .updateTable("actions")
      .set({ ...change, message: toStoredText(change.message) })
      .where("id", "=", known.id)
      .where("state", "=", known.state)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined)
      throw new FirebreakError("conflict", `The action ${known.id} has changed. Look at it again.`);
    if (row.state !== known.state) await tellAction(trx, ctx, row);
    else await notifyLive(trx, "action", row.id);
    return row;
  });
}

/** Tells of an action's state in the transaction of its change. */
export async function tellAction(trx: Trx, ctx: TellContext, row: ActionRow): Promise<void> {
  const { id, effector, state, message, incident_id: incidentId } = row;
  const at = ctx.clock.now();
  const detail = { effector, state, message, parameters: row.parameters, reason: row.reason };
  await recordAudit(trx, { at, actor: ctx.actor, action: `action.${state}`, target: id, detail });
  await notifyLive(trx, "action", id);
  if (incidentId === null) return;
  const text = `${effector}: ${state.replace("_", " ")}${message === null ? "" : ` — ${message}`}`;
  const key = `action:${id}:${state}:${at}`;
  const data = { actionId: id, effector, state };
  await addTimelineEntry(trx, ctx, { incidentId, key, at, kind: "action", source: "actions", text, data });
}
