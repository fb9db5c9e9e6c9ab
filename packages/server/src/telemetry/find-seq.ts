import type { Database } from "../storage/index.ts";

/**
 * Where the events received at a time begin, by halving: their numbers grow with the time of receipt, but for commits
 * that overlap.
 *
 * @returns a `seq` after which every event received then or later stands, up to that overlap
 */
export async function findSeqBefore(database: Pick<Database, "kysely">, ms: number): Promise<number> {
  const ends = await database.kysely
    .selectFrom("events")
    .select(({ fn }) => [fn.min("seq").as("first"), fn.max("seq").as("last")])
    .executeTakeFirst();
  let low = Number(ends?.first ?? 1) - 1;
  let high = Number(ends?.last ?? 0);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await database.kysely
      .selectFrom("events")
      .select(["seq", "received_at"])
      .where("seq", ">", String(middle))
      .orderBy("seq")
      .limit(1)
      .executeTakeFirst();
    if (row === undefined || row.received_at.getTime() >= ms) high = middle;
    else low = Number(row.seq);
  }
  return low;
}
