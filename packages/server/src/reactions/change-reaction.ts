import type { Updateable } from "kysely";
import { toIso } from "../kernel/index.ts";
import type { ReactionsTable, Trx } from "../storage/index.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { tellReaction } from "./tell-reaction.ts";

/**
 * Writes what became of a reaction, if it is still as known.
 *
 * @returns the row, or undefined when somebody else changed it
 */
export async function changeReaction(
  trx: Trx,
  ctx: ReactionContext,
  known: ReactionRow,
  change: Updateable<ReactionsTable> & Pick<ReactionRow, "state">,
): Promise<ReactionRow | undefined> {
  const row = await trx
    .updateTable("reactions")
    .set({ ...change, updated_at: toIso(ctx.clock.now()) })
    .where("id", "=", known.id)
    .where("state", "=", known.state)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) await tellReaction(trx, ctx, row);
  return row;
}
