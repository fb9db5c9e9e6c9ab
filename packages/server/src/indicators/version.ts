import type { Database, Trx } from "../storage/index.ts";

/** Says in the transaction of a change that there is something new; writers wait for each other here. */
export async function advanceVersion(trx: Trx): Promise<number> {
  const { version } = await trx
    .updateTable("indicator_version")
    .set((row) => ({ version: row("version", "+", 1) }))
    .returning("version")
    .executeTakeFirstOrThrow();
  return version;
}

/** @returns what grows with every change that is committed */
export async function readVersion(database: Pick<Database, "kysely">): Promise<number> {
  const row = await database.kysely.selectFrom("indicator_version").select("version").executeTakeFirstOrThrow();
  return row.version;
}
