import type { Clock } from "../kernel/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Database, Trx } from "../storage/index.ts";

const CONSUMER = "detection";

type Kysely = Database["kysely"];

/** How far detection has come, by whichever node. */
export interface CursorPlace {
  /** the `seq` up to which events were judged; 0 at the very first start */
  readonly seq: number;
  /** up to when it was judged what did not happen, ms; null before that was done first */
  readonly passedMs: number | null;
}

/** Where the cursor stands, and for which rules events were remembered on the way. */
export interface StoredCursor {
  readonly place: CursorPlace;
  readonly rulesKey: string | null;
}

export const isSamePlace = (left: CursorPlace, right: CursorPlace): boolean =>
  left.seq === right.seq && left.passedMs === right.passedMs;

export async function readCursor(kysely: Kysely): Promise<StoredCursor> {
  const row = await kysely
    .selectFrom("event_cursors")
    .select(["last_seq", "passed_until", "rules_key"])
    .where("consumer", "=", CONSUMER)
    .executeTakeFirst();
  const place = { seq: Number(row?.last_seq ?? 0), passedMs: row?.passed_until?.getTime() ?? null };
  return { place, rulesKey: row?.rules_key ?? null };
}

/**
 * Moves the cursor if it still stands where this node left it. With it in the transaction of what a match causes, each
 * match has its effect exactly once, also when two nodes judge the same events, or the same silence.
 *
 * @returns false when another node has moved it
 */
export async function advanceCursor(
  kysely: Kysely | Trx,
  step: { readonly from: CursorPlace; readonly to: CursorPlace; readonly rulesKey: string; readonly clock: Clock },
): Promise<boolean> {
  const updated_at = toIso(step.clock.now());
  const { rulesKey: rules_key } = step;
  const passed_until = step.to.passedMs === null ? null : toIso(step.to.passedMs);
  if (step.from.seq === 0 && step.from.passedMs === null) {
    const added = await kysely
      .insertInto("event_cursors")
      .values({ consumer: CONSUMER, last_seq: String(step.to.seq), passed_until, rules_key, updated_at })
      .onConflict((conflict) => conflict.column("consumer").doNothing())
      .executeTakeFirst();
    return (added.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
  const from = step.from.passedMs === null ? null : new Date(step.from.passedMs);
  const moved = await kysely
    .updateTable("event_cursors")
    .set({ last_seq: String(step.to.seq), passed_until, rules_key, updated_at })
    .where("consumer", "=", CONSUMER)
    .where("last_seq", "=", String(step.from.seq))
    .where("passed_until", "is not distinct from", from)
    .executeTakeFirst();
  return moved.numUpdatedRows > 0n;
}

/**
 * Since when each rule that tells of what did not happen has been in force, so that a restart neither forgets a silence
 * that began before it nor tells of one twice. Rules seen for the first time begin now; others are forgotten.
 */
export async function readWatches(
  kysely: Kysely,
  ruleIds: readonly string[],
  clock: Clock,
): Promise<ReadonlyMap<string, number>> {
  const ids = [...ruleIds];
  if (ids.length === 0) {
    await kysely.deleteFrom("rule_watches").execute();
    return new Map();
  }
  const since = toIso(clock.now());
  await kysely.deleteFrom("rule_watches").where("rule_id", "not in", ids).execute();
  await kysely
    .insertInto("rule_watches")
    .values(ids.map((rule_id) => ({ rule_id, since })))
    .onConflict((conflict) => conflict.column("rule_id").doNothing())
    .execute();
  const rows = await kysely.selectFrom("rule_watches").selectAll().execute();
  return new Map(rows.map((row) => [row.rule_id, row.since.getTime()]));
}
