import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Trx } from "../../storage/index.ts";
import type { Search } from "./conditions.ts";
import { readExtent } from "./find-blocks.ts";
import type { Walk } from "./find-blocks.ts";
import type { Patience } from "./search-transaction.ts";
import { eventsAfter, walkBlocks } from "./walk-blocks.ts";

/** What is counted: `groups` names expressions over `fitting`, by which it is told apart. */
export interface Count<Row> {
  readonly columns: RawBuilder<unknown>;
  readonly groups: RawBuilder<unknown>;
  readonly add: (row: Row) => void;
}

export interface Period {
  readonly sinceMs: number;
  /** not included */
  readonly untilMs: number;
}

/** Counts the events of a search by looking at them, newest first. @returns null, or back to when all are counted */
export async function countDirectly<Row>(
  trx: Trx,
  search: Search,
  { sinceMs, untilMs }: Period,
  count: Count<Row>,
  patience: Patience,
): Promise<number | null> {
  if (sinceMs >= untilMs) return null;
  for await (const { fitting, edgeMs } of walkBlocks(trx, walkOver(search, { sinceMs, untilMs }))) {
    await countIn(trx, fitting, count);
    if (edgeMs !== null && patience.isOver()) return edgeMs;
  }
  return null;
}

/** Counts the events that the index, and with it the kept numbers, have not reached yet. */
export async function countUnindexed<Row>(trx: Trx, search: Search, period: Period, count: Count<Row>): Promise<void> {
  const { last_seq: lastSeq } = await readExtent(trx);
  await countIn(trx, eventsAfter(walkOver(search, period), lastSeq), count);
}

function walkOver(search: Search, { sinceMs, untilMs }: Period): Walk {
  return { search, order: "newest", fromMs: sinceMs, toMs: untilMs - 1, where: [], limit: null };
}

async function countIn<Row>(
  trx: Trx,
  fitting: RawBuilder<unknown>,
  { columns, groups, add }: Count<Row>,
): Promise<void> {
  const { rows } = await sql<Row>`select ${columns} from ${fitting} group by ${groups}`.execute(trx);
  for (const row of rows) add(row);
}
