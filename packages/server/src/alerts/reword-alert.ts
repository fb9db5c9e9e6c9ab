import type { Actor } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { signalFingerprint } from "./receive-signals.ts";
import { toStorableText } from "./storable-text.ts";

interface Rewording {
  readonly source: string;
  readonly key: string;
  readonly title?: string;
  readonly text?: string;
}

/**
 * Says an open alert of a sender in other words; nothing else about it changes, and nobody is told.
 *
 * @returns false when no alert of that source and key is open
 */
export async function rewordAlert(
  ctx: { readonly database: Pick<Database, "kysely">; readonly clock: Clock; readonly actor: Actor },
  { title, text, ...alert }: Rewording,
): Promise<boolean> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .updateTable("alerts")
      .set({
        ...(title === undefined ? {} : { title: toStorableText(title) }),
        ...(text === undefined ? {} : { sentence: toStorableText(text) }),
        updated_at: toIso(ctx.clock.now()),
      })
      .where("fingerprint", "=", signalFingerprint(alert))
      .where("status", "=", "open")
      .returning("id")
      .executeTakeFirst();
    if (row === undefined) return false;
    const detail = { changed: [...(title === undefined ? [] : ["title"]), ...(text === undefined ? [] : ["text"])] };
    await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, action: "alert.reword", target: row.id, detail });
    await notifyLive(trx, "alert", row.id);
    return true;
  });
}
