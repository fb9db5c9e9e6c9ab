import { messageOf } from "../kernel/index.ts";
import { deliver } from "./deliver.ts";
import { dueAt } from "./schedule.ts";
import type { NotifyContext } from "./types.ts";

/** deliveries looked at in one call, and attempted at the same time */
const LOOKED_AT_MAX = 500;
const AT_ONCE = 8;

/**
 * Attempts every delivery whose time has come; for a daemon that calls it each second. When a delivery is due follows
 * from its row alone, so nothing is forgotten over a restart.
 *
 * @returns how many attempts were made
 */
export async function retryDueDeliveries(ctx: NotifyContext): Promise<number> {
  const waiting = await ctx.database.kysely
    .selectFrom("deliveries")
    .select(["id", "state", "attempts", "updated_at"])
    .where("state", "in", ["pending", "sending"])
    .orderBy("updated_at")
    .limit(LOOKED_AT_MAX)
    .execute();
  const now = ctx.clock.now();
  const due = waiting.filter((row) => (dueAt(row) ?? Number.POSITIVE_INFINITY) <= now);
  for (let start = 0; start < due.length; start += AT_ONCE) {
    await Promise.all(due.slice(start, start + AT_ONCE).map((row) => attempt(ctx, row.id)));
  }
  return due.length;
}

/** One delivery that cannot even be recorded must not keep the others back. */
async function attempt(ctx: NotifyContext, deliveryId: string): Promise<void> {
  try {
    await deliver(ctx, deliveryId);
  } catch (thrown) {
    ctx.logger.error("a delivery could not be attempted", { deliveryId, problem: messageOf(thrown) });
  }
}
