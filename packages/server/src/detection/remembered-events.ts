import type { AgentEvent } from "@firebreak/protocol";
import type { Database, Trx } from "../storage/index.ts";

type Kysely = Database["kysely"];

/** An event that long windows need after a restart. */
export interface Remembered {
  readonly seq: number;
  readonly receivedTime: AgentEvent["receivedTime"];
}

const ROWS_PER_INSERT = 5_000;

export async function rememberEvents(trx: Trx, events: readonly Remembered[]): Promise<void> {
  for (let from = 0; from < events.length; from += ROWS_PER_INSERT) {
    const rows = events.slice(from, from + ROWS_PER_INSERT);
    await trx
      .insertInto("remembered_events")
      .values(rows.map(({ seq, receivedTime }) => ({ seq: String(seq), received_at: receivedTime })))
      .onConflict((conflict) => conflict.column("seq").doNothing())
      .execute();
  }
}

/** @returns the numbers of the newest remembered events received since `fromMs` and up to `untilSeq`, in order */
export async function readRemembered(
  kysely: Kysely,
  { fromMs, untilSeq, limit }: { readonly fromMs: number; readonly untilSeq: number; readonly limit: number },
): Promise<number[]> {
  const rows = await kysely
    .selectFrom("remembered_events")
    .select("seq")
    .where("received_at", ">=", new Date(fromMs))
    .where("seq", "<=", String(untilSeq))
    .orderBy("seq", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ seq }) => Number(seq)).toReversed();
}

/** Forgets what no window can need any more. */
export async function forgetEvents(kysely: Kysely, beforeMs: number): Promise<void> {
  await kysely.deleteFrom("remembered_events").where("received_at", "<", new Date(beforeMs)).execute();
}
