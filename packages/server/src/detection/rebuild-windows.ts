import type { Logger } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { readPageAfter, readPageOf } from "../telemetry/index.ts";
import type { EventPage } from "../telemetry/index.ts";
import type { CursorPlace } from "./cursor.ts";
import { LATENESS_MS, REMEMBERED_MS } from "./evaluate-event.ts";
import { readRemembered } from "./remembered-events.ts";
import type { Remembered } from "./remembered-events.ts";
import type { JudgeLine } from "./thread/judge-thread.ts";

/** Events read again at most: about a second. */
const REBUILD_EVENTS_MAX = 100_000;
const PAGE = 2_000;

export interface RebuildContext {
  readonly database: Pick<Database, "kysely">;
  readonly logger: Logger;
}

export interface FilledWindows {
  /** Set when there were too many events: how far back the windows of new and changed rules reach, ms. */
  readonly shortenedToMs: number | undefined;
  /** Events to be remembered that were not, because they were judged by other rules. */
  readonly remembered: readonly Remembered[];
}

export interface RebuildFrom {
  /** how far back the rules look, ms */
  readonly windowMs: number;
  readonly cursor: CursorPlace;
  /** The rules are those that events were remembered for so far. */
  readonly areKnown: boolean;
}

/**
 * Fills windows that have just begun with what was received before the cursor: without it a restart would hide half of
 * every burst. Looks back on the time of receipt: by {@link REMEMBERED_MS} through all events, and by the longest window
 * through those that were remembered. Rules that are new or changed had nothing remembered for them: for their sake
 * all events are read, as many as the limit allows. Nothing is reported: what came true up to the cursor, by an event
 * or by silence, was reported when it did.
 */
export async function fillWindows(
  ctx: RebuildContext,
  line: JudgeLine,
  { windowMs, cursor, areKnown }: RebuildFrom,
): Promise<FilledWindows> {
  if (windowMs === 0 || cursor.seq === 0) return { shortenedToMs: undefined, remembered: [] };
  const shortMs = areKnown ? Math.min(windowMs, REMEMBERED_MS) : windowMs;
  const start = await findRebuildStart(ctx, cursor.seq, shortMs + LATENESS_MS);
  const longFromMs = start.newestMs - windowMs - LATENESS_MS;
  const { passedMs } = cursor;
  if (passedMs !== null) {
    await line.ask({ kind: "advance", untilMs: Math.min(longFromMs - LATENESS_MS, passedMs) });
  }
  if (windowMs > REMEMBERED_MS) await replay(line, readRememberedPages(ctx, longFromMs, start.after));
  const remembered = await replay(line, readPages(ctx, start.after, cursor.seq));
  if (passedMs !== null) await line.ask({ kind: "advance", untilMs: passedMs });
  // of known rules everything long was remembered; a short window that is cut is told of all the same
  return { shortenedToMs: start.shortenedToMs, remembered };
}

async function* readRememberedPages(
  { database }: RebuildContext,
  fromMs: number,
  untilSeq: number,
): AsyncGenerator<EventPage> {
  const seqs = await readRemembered(database.kysely, { fromMs, untilSeq, limit: REBUILD_EVENTS_MAX });
  for (let from = 0; from < seqs.length; from += PAGE) {
    const page = await readPageOf({ database }, seqs.slice(from, from + PAGE));
    if (page !== undefined) yield page;
  }
}

async function* readPages(ctx: RebuildContext, after: number, untilSeq: number): AsyncGenerator<EventPage> {
  for (let position = after; position < untilSeq;) {
    const page = await readPageAfter(ctx, position, { events: PAGE, untilSeq });
    if (page === undefined) return;
    position = page.seqs.at(-1) ?? untilSeq;
    yield page;
  }
}

/**
 * Reads a page while the last one is replayed.
 *
 * @returns events to be remembered
 */
async function replay(line: JudgeLine, pages: AsyncIterable<EventPage>): Promise<Remembered[]> {
  const remembered: Remembered[] = [];
  let underWay: Promise<readonly Remembered[]> = Promise.resolve([]);
  for await (const page of pages) {
    remembered.push(...(await underWay));
    underWay = line.ask({ kind: "replay", page });
    // told of when it is waited for
    underWay.catch(() => undefined);
  }
  remembered.push(...(await underWay));
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
