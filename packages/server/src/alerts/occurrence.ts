import type { Trx } from "../storage/index.ts";

/** @returns which alert of its fingerprint the next one is: 1 for the first */
export async function readOccurrence(trx: Trx, fingerprint: string): Promise<number> {
  return ((await readOccurrences(trx, [fingerprint])).get(fingerprint) ?? 0) + 1;
}

/** @returns the newest alert's number by fingerprint; those that never had one are left out */
export async function readOccurrences(trx: Trx, fingerprints: readonly string[]): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom("alerts")
    .select((alerts) => ["fingerprint", alerts.fn.max("occurrence").as("last")])
    .where("fingerprint", "in", fingerprints)
    .groupBy("fingerprint")
    .execute();
  return new Map(rows.map(({ fingerprint, last }) => [fingerprint, last]));
}
