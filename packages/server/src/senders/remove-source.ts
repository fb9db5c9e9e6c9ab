import { recordAudit } from "../audit/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { SourceContext } from "./context.ts";
import { unknownSource } from "./list-sources.ts";

/**
 * Lets a sender in no more: at once on this node, within five seconds on others. Its alerts stay as they are.
 *
 * @throws FirebreakError `not_found`
 */
export async function removeSource(ctx: SourceContext, name: string): Promise<void> {
  await inTransaction(ctx.database, async (trx) => {
    const gone = await trx.deleteFrom("sources").where("name", "=", name).returning("kind").executeTakeFirst();
    if (gone === undefined) throw unknownSource(name);
    const detail = { kind: gone.kind };
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      action: "source.remove",
      target: name,
      detail,
    });
    await notifyLive(trx, "source", name);
  });
  ctx.sources.forget();
}
