import { setImmediate as yieldToLoop } from "node:timers/promises";
import { DEFAULT_LIMITS } from "@firebreak/sigma";
import type { Ruleset } from "@firebreak/sigma";
import type { Logger } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { readEventsAfter } from "../telemetry/index.ts";
import { createEvaluator } from "./evaluate-event.ts";
import type { Evaluator } from "./evaluate-event.ts";

/** Events read again at most: about a second. */
const REBUILD_EVENTS_MAX = 100_000;
const PAGE = 2_000;
const EVENTS_PER_TURN = 100;

export interface RebuildContext {
  readonly database: Pick<Database, "kysely">;
  readonly logger: Logger;
}

/**
 * An evaluator whose windows hold what was received before the cursor: without it a restart would hide half of every
 * burst. Looks back by the longest window and the allowed lateness, on the time of receipt. Nothing is reported.
 */
export async function createWarmEvaluator(ctx: RebuildContext, ruleset: Ruleset, cursor: number): Promise<Evaluator> {
  const evaluator = createEvaluator(ruleset, ctx.logger);
  if (ruleset.windowMs === 0 || cursor === 0) return evaluator;
  let position = await findRebuildStart(ctx, cursor, ruleset.windowMs + DEFAULT_LIMITS.latenessMs);
  while (position < cursor) {
    const events = await readEventsAfter(ctx, position, PAGE);
    for (const [index, event] of events.entries()) {
      if (event.seq <= cursor) evaluator.evaluate(event);
      if (index % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) await yieldToLoop();
    }
    const last = events.at(-1)?.seq;
    if (last === undefined) break;
    position = last;
  }
  return evaluator;
}

/** @returns the `seq` after which events are read again */
async function findRebuildStart(ctx: RebuildContext, cursor: number, spanMs: number): Promise<number> {
  let oldest = cursor + 1;
  let boundMs: number | undefined;
  for (let seen = 0; seen < REBUILD_EVENTS_MAX; seen += PAGE) {
    const rows = await ctx.database.kysely
      .selectFrom("events")
      .select(["seq", "received_at"])
      .where("seq", "<", String(oldest))
      .orderBy("seq", "desc")
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      boundMs ??= row.received_at.getTime() - spanMs;
      if (row.received_at.getTime() < boundMs) return Number(row.seq);
      oldest = Number(row.seq);
    }
    if (rows.length < PAGE) return oldest - 1;
  }
  ctx.logger.warn("detection begins with shortened windows: too many events to read again", {
    eventsRead: REBUILD_EVENTS_MAX,
  });
  return oldest - 1;
}
