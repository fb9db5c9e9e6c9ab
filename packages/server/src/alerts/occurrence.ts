import type { Trx } from "../storage/index.ts";

/** @returns which alert of its fingerprint the next one is: 1 for the first */
export async function readOccurrence(trx: Trx, fingerprint: string): Promise<number> {
  const before = await trx
    .selectFrom("alerts")
    .select("occurrence")
    .where("fingerprint", "=", fingerprint)
    .orderBy("occurrence", "desc")
    .limit(1)
    .executeTakeFirst();
  return (before?.occurrence ?? 0) + 1;
}
