import type { NewSourceView } from "@firebreak/protocol";
import { z } from "zod";
import { hashSecret } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { SourceContext } from "./context.ts";
import { unknownSource } from "./list-sources.ts";
import { setupOf } from "./setup.ts";
import { newSourceKey, toSourceView } from "./source.ts";

/** How long the old key goes on working: the time to change the sender without losing an alert. 0 ends it at once. */
export const rotateSourceRequest = z.strictObject({ overlapHours: z.number().min(0).max(720).default(24) });
export type RotateSourceRequest = z.output<typeof rotateSourceRequest>;

const HOUR_MS = 3_600_000;

/**
 * Gives a source a new key; it is in the answer and nowhere else.
 *
 * @throws FirebreakError `not_found`
 */
export async function rotateSource(
  ctx: SourceContext,
  name: string,
  { overlapHours }: RotateSourceRequest,
  url: string,
): Promise<NewSourceView> {
  const key = newSourceKey();
  const nowMs = ctx.clock.now();
  const row = await inTransaction(ctx.database, async (trx) => {
    const changed = await trx
      .updateTable("sources")
      .set((expression) => ({
        previous_key_hash: overlapHours === 0 ? null : expression.ref("key_hash"),
        previous_key_until: overlapHours === 0 ? null : toIso(nowMs + overlapHours * HOUR_MS),
        key_hash: hashSecret(key),
      }))
      .where("name", "=", name)
      .returningAll()
      .executeTakeFirst();
    if (changed === undefined) throw unknownSource(name);
    const detail = { overlapHours };
    await recordAudit(trx, { at: nowMs, actor: ctx.actor, action: "source.rotate", target: name, detail });
    await notifyLive(trx, "source", name);
    return changed;
  });
  ctx.sources.forget();
  const source = toSourceView(row);
  return { source, key, setup: setupOf(source, url, key) };
}
