import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { IndicatorContext } from "./context.ts";
import { advanceVersion } from "./version.ts";

/** Takes an indicator off the list; what it reported stays. @throws FirebreakError not_found */
export async function removeIndicator(ctx: IndicatorContext, { id }: { readonly id: string }): Promise<void> {
  await inTransaction(ctx.database, async (trx) => {
    await advanceVersion(trx);
    const row = await trx.deleteFrom("indicators").where("id", "=", id).returningAll().executeTakeFirst();
    if (row === undefined) throw new FirebreakError("not_found", `There is no indicator ${id}.`);
    const { effect, type, value, source } = row;
    const detail = { effect, type, value, source };
    await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, action: "indicator.remove", target: id, detail });
  });
}
