import type { Trx } from "../storage/index.ts";
import { signalFingerprint } from "./receive-signals.ts";

/**
 * Has the open alerts of a source go on under its new name, so that its sender still repeats and resolves them. What has ended
 * keeps the name under which it came.
 */
export async function renameSourceOfAlerts(trx: Trx, from: string, to: string): Promise<number> {
  const open = await trx
    .selectFrom("alerts")
    .select(["id", "key"])
    .where("source", "=", from)
    .where("rule_id", "is", null)
    .where("status", "=", "open")
    .forUpdate()
    .execute();
  for (const { id, key } of open) {
    await trx
      .updateTable("alerts")
      .set({ source: to, fingerprint: signalFingerprint({ source: to, key }) })
      .where("id", "=", id)
      .execute();
  }
  return open.length;
}
