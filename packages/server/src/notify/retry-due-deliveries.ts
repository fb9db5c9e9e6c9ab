import type { Kysely } from "kysely";
import { sql } from "kysely";
import { messageOf } from "../kernel/index.ts";
import { deliver } from "./deliver.ts";
import { SENDING_STALE_MS, WAITS_MS } from "./schedule.ts";
import type { NotifyContext } from "./types.ts";
import { anyRow, instant } from "../storage/index.ts";
import type { DueCondition, Instant, Schema } from "../storage/index.ts";

/** deliveries attempted in one call, and at the same time; a caller that gets this many calls again */
const TAKEN_MAX = 100;
const AT_ONCE = 8;

const dueBy = (kysely: Kysely<Schema>, now: Instant) =>
  kysely.selectFrom("deliveries").where("state", "in", ["pending", "sending"]).where(isDueBy(now));

/** Whether {@link retryDueDeliveries} would attempt one. */
export const isDeliveryDue: DueCondition = (kysely, now) => anyRow(dueBy(kysely, now));

/**
 * Attempts every delivery whose time has come; for a daemon that calls it each second. When a delivery is due follows
 * from its row alone, so nothing is forgotten over a restart.
 *
 * @returns how many attempts were made
 */
export async function retryDueDeliveries(ctx: NotifyContext): Promise<number> {
  const due = await dueBy(ctx.database.kysely, instant(ctx.clock.now()))
    .select("id")
    .orderBy("updated_at")
    .limit(TAKEN_MAX)
    .execute();
  for (let start = 0; start < due.length; start += AT_ONCE) {
    await Promise.all(due.slice(start, start + AT_ONCE).map((row) => attempt(ctx, row.id)));
  }
  return due.length;
}

/** The rule of `dueAt` as a condition, so that many that still wait cannot hide the ones that are due. */
function isDueBy(now: Instant) {
  const last = WAITS_MS.length - 1;
  return sql<boolean>`updated_at + interval '1 millisecond' * (case state
    when 'sending' then ${SENDING_STALE_MS}::float8
    else (${[...WAITS_MS]}::float8[])[least(attempts, ${last}::int) + 1]
  end) <= ${now}`;
}

/** One delivery that cannot even be recorded must not keep the others back. */
async function attempt(ctx: NotifyContext, deliveryId: string): Promise<void> {
  try {
    await deliver(ctx, deliveryId);
  } catch (thrown) {
    ctx.logger.error("a delivery could not be attempted", { deliveryId, problem: messageOf(thrown) });
  }
}
