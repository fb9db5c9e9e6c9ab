import { sql } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Trx } from "./transaction.ts";

/** Tables of work that people ask for, which is done one after another; `state` says how far each is. */
export type RequestTable = "indicator_scans" | "replays";

/** Of each kind, how many may wait or run. */
const WAITING_MAX = 10;
/** Ended ones that are kept, the newest. */
const KEPT_MAX = 50;

const UNDER_WAY = sql`('pending', 'running')`;

/** @throws FirebreakError conflict when as many wait as may */
export async function refuseTooMany(trx: Trx, table: RequestTable, what: string): Promise<void> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from ${sql.table(table)} where state in ${UNDER_WAY}`.execute(trx);
  const waiting = rows[0]?.waiting ?? 0;
  if (waiting < WAITING_MAX) return;
  throw new FirebreakError("conflict", `${waiting} ${what} wait already. Cancel one, or wait for them.`);
}

/** Makes room for one more: of those that ended only the newest stay. */
export async function dropOldestEnded(trx: Trx, table: RequestTable): Promise<void> {
  await sql`
    delete from ${sql.table(table)} where state not in ${UNDER_WAY} and id not in (
      select id from ${sql.table(table)} where state not in ${UNDER_WAY} order by id desc limit ${KEPT_MAX - 1})`.execute(
    trx,
  );
}
