import type { ActionView } from "@firebreak/protocol";
import { applyAction } from "../actions/index.ts";
import { noteOutcome } from "../approvals/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { changeReaction } from "./change-reaction.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";

/** Has the effector act as an action of its own, once, however often this is called. */
export async function applyReaction(ctx: ReactionContext, row: ReactionRow): Promise<void> {
  const result = await act(ctx, row);
  await inTransaction(ctx.database, (trx) => changeReaction(trx, ctx, row, result));
  if (row.approval_id !== null) await noteOutcome(ctx, row.approval_id, result.message);
}

interface Result {
  readonly state: "applied" | "failed";
  readonly message: string;
  readonly action_id: string | null;
}

async function act(ctx: ReactionContext, row: ReactionRow): Promise<Result> {
  const forSeconds = row.for_minutes === null ? {} : { forSeconds: row.for_minutes * 60 };
  try {
    const action = await applyAction(ctx, {
      effector: row.what,
      parameters: row.parameters,
      reason: `automatic containment, rule ${row.rule}: ${row.title}`.slice(0, 1000),
      idempotencyKey: row.id,
      ...(row.incident_id === null ? {} : { incidentId: row.incident_id }),
      ...forSeconds,
    });
    return resultOf(action);
  } catch (fault) {
    if (!(fault instanceof FirebreakError)) throw fault;
    // refused: parameters that do not fit, an effector that is gone, or the same is in force already
    const state = fault.code === "conflict" ? "applied" : "failed";
    return { state, message: fault.message, action_id: null };
  }
}

/** @throws Error when nobody knows yet what came of it: the event is handled again then */
function resultOf({ id, state, message }: ActionView): Result {
  const words = message ?? state;
  switch (state) {
    case "applying":
    case "interrupted":
      throw new Error(`the action ${id} is under way: ${words}`);
    case "failed":
    case "undoing":
      return { state: "failed", message: words, action_id: id };
    case "in_force":
    case "lost": // it acted, and is applied again until it holds
    case "done":
    case "undone":
    case "expired":
      return { state: "applied", message: words, action_id: id };
    default:
      return state satisfies never;
  }
}
