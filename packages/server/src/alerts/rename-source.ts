import { sql } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";
import { signalFingerprint } from "./receive-signals.ts";

/**
 * Has the open alerts of a source go on under its new name, so that its sender still repeats and resolves them. What has ended
 * keeps the name under which it came.
 *
 * @throws FirebreakError `conflict` when an open alert has the place of one of them
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
  const fingerprints = open.map(({ key }) => signalFingerprint({ source: to, key }));
  const clash = await trx
    .selectFrom("alerts")
    .select("title")
    .where("status", "=", "open")
    .where(sql<boolean>`fingerprint = any(${fingerprints}::text[])`)
    .executeTakeFirst();
  if (clash !== undefined) {
    const what = `An alert of an earlier source ${to} is open under the same key: ${clash.title}`;
    throw new FirebreakError("conflict", `${what}. Resolve it, or choose another name.`);
  }
  await sql`update alerts set source = ${to}, fingerprint = renamed.fingerprint
    from unnest(${open.map(({ id }) => id)}::text[], ${fingerprints}::text[]) as renamed (id, fingerprint)
    where alerts.id = renamed.id`.execute(trx);
  return open.length;
}
