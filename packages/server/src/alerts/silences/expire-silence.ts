import type { SilenceView } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { AlertContext } from "../list-alerts.ts";
import { releaseHeldBy } from "../settle.ts";
import type { SettleContext } from "../settle.ts";
import { toStorableText } from "../storable-text.ts";
import { getSilence } from "./list-silences.ts";
import { lockMutes } from "./read-mutes.ts";
import { silenceStateOf } from "./silence-row.ts";

/**
 * Ends a silence now. What it held and is still open goes on through the pipeline.
 *
 * @throws FirebreakError `not_found`; `conflict` when it is over already
 */
export async function expireSilence(
  ctx: AlertContext & SettleContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<SilenceView> {
  await inTransaction(ctx.database, async (trx) => {
    await lockMutes(trx, "to change");
    await writeExpiry(trx, ctx, toStorableText(id), toStorableText(reason));
  });
  return getSilence(ctx, id);
}

/** In a transaction that has the silences to itself. */
export async function writeExpiry(trx: Trx, ctx: SettleContext, id: string, reason: string): Promise<void> {
  const now = ctx.clock.now();
  const row = await trx.selectFrom("silences").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  if (row === undefined)
    throw new FirebreakError("not_found", `There is no silence ${id}. List the silences to find its id.`);
  if (silenceStateOf(row, now) === "expired") throw new FirebreakError("conflict", `${id} is over already.`);
  await trx
    .updateTable("silences")
    .set({ expired_at: toIso(now), expired_by: JSON.stringify(ctx.actor), expire_reason: reason })
    .where("id", "=", id)
    .execute();
  await releaseHeldBy(trx, id, now);
  await recordAudit(trx, { at: now, actor: ctx.actor, action: `${row.kind}.expire`, target: id, detail: { reason } });
  await notifyLive(trx, "silence", id);
}
