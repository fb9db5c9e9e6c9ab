import { setImmediate as yieldToLoop } from "node:timers/promises";
import type { AgentEvent } from "@firebreak/protocol";
import type { Ruleset } from "@firebreak/sigma";
import type { Logger } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { readEventsAfter, readEventsBySeq } from "../telemetry/index.ts";
import type { CursorPlace } from "./cursor.ts";
import { createEvaluator, LATENESS_MS, REMEMBERED_MS } from "./evaluate-event.ts";
import type { Evaluator } from "./evaluate-event.ts";
import { readRemembered } from "./remembered-events.ts";
import type { Remembered } from "./remembered-events.ts";

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
  /** Set when there were too many events: how far back the windows of new and changed rules reach, ms. */
  readonly shortenedToMs: number | undefined;
  /** Events to be remembered that were not, because they were judged by other rules. */
  readonly remembered: readonly Remembered[];
}

export interface RebuildFrom {
  readonly cursor: CursorPlace;
  readonly watches: ReadonlyMap<string, number>;
  /** The rules are those that events were remembered for so far. */
  readonly areKnown: boolean;
}

/**
 * An evaluator whose windows hold what was received before the cursor: without it a restart would hide half of every
 * burst. Looks back on the time of receipt: by {@link REMEMBERED_MS} through all events, and by the longest window
 * through those that were remembered. Rules that are new or changed had nothing remembered for them: for their sake
 * all events are read, as many as the limit allows. Nothing is reported: what came true up to the cursor, by an event
 * or by silence, was reported when it did.
 */
export async function createWarmEvaluator(
  ctx: RebuildContext,
  ruleset: Ruleset,
  { cursor, watches, areKnown }: RebuildFrom,
): Promise<WarmEvaluator> {
  const evaluator = createEvaluator(ruleset, ctx.logger, watches);
  if (ruleset.windowMs === 0 || cursor.seq === 0) return { evaluator, shortenedToMs: undefined, remembered: [] };
  const windowMs = areKnown ? Math.min(ruleset.windowMs, REMEMBERED_MS) : ruleset.windowMs;
  const start = await findRebuildStart(ctx, cursor.seq, windowMs + LATENESS_MS);
  const longFromMs = start.newestMs - ruleset.windowMs - LATENESS_MS;
  if (cursor.passedMs !== null) evaluator.advance(Math.min(longFromMs - LATENESS_MS, cursor.passedMs));
  if (ruleset.windowMs > REMEMBERED_MS) await replayRemembered(ctx, evaluator, longFromMs, start.after);
  const remembered = await replayAll(ctx, evaluator, start.after, cursor.seq);
  if (cursor.passedMs !== null) evaluator.advance(cursor.passedMs);
  evaluator.takeEvictions();
  // of known rules everything long was remembered; a short window that is cut is told of all the same
  return { evaluator, shortenedToMs: start.shortenedToMs, remembered };
}

async function replayRemembered(
  { database }: RebuildContext,
  evaluator: Evaluator,
  fromMs: number,
  untilSeq: number,
): Promise<void> {
  const seqs = await readRemembered(database.kysely, { fromMs, untilSeq, limit: REBUILD_EVENTS_MAX });
  for (let from = 0; from < seqs.length; from += PAGE) {
    await replay(evaluator, await readEventsBySeq({ database }, seqs.slice(from, from + PAGE)));
  }
}

/** @returns those to be remembered */
async function replayAll(
  ctx: RebuildContext,
  evaluator: Evaluator,
  after: number,
  untilSeq: number,
): Promise<Remembered[]> {
  const remembered: Remembered[] = [];
  for (let position = after; position < untilSeq;) {
    const events = await readEventsAfter(ctx, position, PAGE);
    const last = events.at(-1)?.seq;
    if (last === undefined) break;
    position = last;
    remembered.push(
      ...(await replay(
        evaluator,
        events.filter(({ seq }) => seq <= untilSeq),
      )),
    );
  }
  return remembered;
}

async function replay(evaluator: Evaluator, events: readonly AgentEvent[]): Promise<Remembered[]> {
  const remembered: Remembered[] = [];
  for (const [index, event] of events.entries()) {
    evaluator.evaluate(event);
    if (evaluator.isRemembered()) remembered.push({ seq: event.seq, receivedTime: event.receivedTime });
    if (index % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) await yieldToLoop();
  }
  return remembered;
}

interface RebuildStart {
  /** the `seq` after which events are read again */
  readonly after: number;
  /** when the newest of them was received */
  readonly newestMs: number;
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
        return { after: Number(row.seq), newestMs, shortenedToMs: undefined };
      }
      oldest = Number(row.seq);
      fromMs = receivedMs;
    }
    if (rows.length < PAGE) return { after: oldest - 1, newestMs: newestMs ?? 0, shortenedToMs: undefined };
  }
  const shortenedToMs = (newestMs ?? fromMs) - fromMs;
  ctx.logger.warn("detection begins with shortened windows: too many events to read again", {
    eventsRead: REBUILD_EVENTS_MAX,
    minutes: Math.floor(shortenedToMs / 60_000),
  });
  return { after: oldest - 1, newestMs: newestMs ?? fromMs, shortenedToMs };
}
