import { setImmediate as yieldToLoop } from "node:timers/promises";
import type { Ruleset } from "@firebreak/sigma";
import type { Logger } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { readEventsAfter } from "../telemetry/index.ts";
import type { CursorPlace } from "./cursor.ts";
import { createEvaluator, LATENESS_MS } from "./evaluate-event.ts";
import type { Evaluator } from "./evaluate-event.ts";

/** Events read again at most: about a second. */
const REBUILD_EVENTS_MAX = 100_000;
const PAGE = 2_000;
const EVENTS_PER_TURN = 100;

export interface RebuildContext {
  readonly database: Pick<Database, "kysely">;
  readonly logger: Logger;
}

export interface WarmEvaluator {
  readonly evaluator: Evaluator;
  /** Set when there were too many events: how far back the windows reach, ms. */
  readonly shortenedToMs: number | undefined;
}

/**
 * An evaluator whose windows hold what was received before the cursor: without it a restart would hide half of every
 * burst. Looks back by the longest window and the allowed lateness, on the time of receipt. Nothing is reported: what
 * came true up to the cursor, by an event or by silence, was reported when it did.
 */
export async function createWarmEvaluator(
  ctx: RebuildContext,
  ruleset: Ruleset,
  { cursor, watches }: { readonly cursor: CursorPlace; readonly watches: ReadonlyMap<string, number> },
): Promise<WarmEvaluator> {
  const evaluator = createEvaluator(ruleset, ctx.logger, watches);
  if (ruleset.windowMs === 0 || cursor.seq === 0) return { evaluator, shortenedToMs: undefined };
  const start = await findRebuildStart(ctx, cursor.seq, ruleset.windowMs + LATENESS_MS);
  if (cursor.passedMs !== null) evaluator.advance(Math.min(start.fromMs - LATENESS_MS, cursor.passedMs));
  let position = start.after;
  while (position < cursor.seq) {
    const events = await readEventsAfter(ctx, position, PAGE);
    for (const [index, event] of events.entries()) {
      if (event.seq <= cursor.seq) evaluator.evaluate(event);
      if (index % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) await yieldToLoop();
    }
    const last = events.at(-1)?.seq;
    if (last === undefined) break;
    position = last;
  }
  if (cursor.passedMs !== null) evaluator.advance(cursor.passedMs);
  evaluator.takeEvictions();
  return { evaluator, shortenedToMs: start.shortenedToMs };
}

interface RebuildStart {
  /** the `seq` after which events are read again */
  readonly after: number;
  /** when the first of them was received */
  readonly fromMs: number;
  readonly shortenedToMs: number | undefined;
}

async function findRebuildStart(ctx: RebuildContext, cursor: number, spanMs: number): Promise<RebuildStart> {
  let oldest = cursor + 1;
  let newestMs: number | undefined;
  let fromMs = Number.NEGATIVE_INFINITY;
  for (let seen = 0; seen < REBUILD_EVENTS_MAX; seen += PAGE) {
    const rows = await ctx.database.kysely
      .selectFrom("events")
      .select(["seq", "received_at"])
      .where("seq", "<", String(oldest))
      .orderBy("seq", "desc")
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      const receivedMs = row.received_at.getTime();
      newestMs ??= receivedMs;
      if (receivedMs < newestMs - spanMs) {
        return { after: Number(row.seq), fromMs: newestMs - spanMs, shortenedToMs: undefined };
      }
      oldest = Number(row.seq);
      fromMs = receivedMs;
    }
    if (rows.length < PAGE) return { after: oldest - 1, fromMs: (newestMs ?? 0) - spanMs, shortenedToMs: undefined };
  }
  const shortenedToMs = (newestMs ?? fromMs) - fromMs;
  ctx.logger.warn("detection begins with shortened windows: too many events to read again", {
    eventsRead: REBUILD_EVENTS_MAX,
    minutes: Math.floor(shortenedToMs / 60_000),
  });
  return { after: oldest - 1, fromMs, shortenedToMs };
}
