import { setImmediate as yieldToLoop } from "node:timers/promises";
import type { AgentEvent } from "@firebreak/protocol";
import type { EngineCounters, Match } from "@firebreak/sigma";
import { messageOf } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database, Trx } from "../storage/index.ts";
import { advanceCursor, isSamePlace, readCursor, readWatches } from "./cursor.ts";
import type { CursorPlace } from "./cursor.ts";
import { LATENESS_MS, REMEMBERED_MS } from "./evaluate-event.ts";
import type { Evaluator } from "./evaluate-event.ts";
import type { EventFeed } from "./event-feed.ts";
import type { LoadedRules } from "./load-rules.ts";
import { describeShortWindows, LostState } from "./lost-state.ts";
import { createWarmEvaluator } from "./rebuild-windows.ts";
import { forgetEvents, rememberEvents } from "./remembered-events.ts";
import type { Remembered } from "./remembered-events.ts";
import type { WakeUp } from "./wake-up.ts";

/** A match and the event that completed it; none when it came true because something did not happen. */
export interface DetectedMatch {
  readonly match: Match;
  readonly event: AgentEvent | undefined;
}

export interface JudgeOptions {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onMatches: (trx: Trx, found: readonly DetectedMatch[]) => Promise<unknown>;
}

/** Events judged between two looks at the event loop take this long at most. */
const TURN_MS = 4;
/** The cursor is written with every match; without one, this often. */
export const CURSOR_EVERY_MS = 200;
const CURSOR_EVERY_EVENTS = 5_000;
const SWEEP_EVERY_MS = 30_000;
/** While nothing happens, how far time has passed is written this often, so that another node sees that somebody works. */
const PASSED_EVERY_MS = 10_000;
const RETRY_FIRST_MS = 100;
export const RETRY_MAX_MS = 5_000;

/** How long an event may be on its way before its absence is told of. */
export const ON_THE_WAY_MS = 60_000;
const START: CursorPlace = { seq: 0, passedMs: null };
const NOWHERE: CursorPlace = { seq: -1, passedMs: null };

class CursorMovedError extends Error {
  override readonly name = "CursorMovedError";
}

/** Judges stored events in order and keeps the cursor: the engine, where it stands, and what of that is durable. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #feed: EventFeed;
  readonly #bell: WakeUp;
  #evaluator: Evaluator | undefined;
  #place: CursorPlace = START;
  /** where the cursor in the table stands as far as this node knows */
  #durable: CursorPlace = START;
  /**
   * Since when this node listens. What senders kept while nobody did arrives in the time after it, which therefore must
   * not count as silence.
   */
  readonly #openedMs: number;
  readonly #lost = new LostState();
  #notices: Match[] = [];
  /** The rules that judge, and how far back they look. */
  #rulesKey: string | null = null;
  #windowMs = 0;
  /** To be written with the cursor. */
  #remembered: Remembered[] = [];
  #writtenMs: number;
  #sweptMs: number;
  #standby = false;
  #closed = false;

  constructor(options: JudgeOptions, feed: EventFeed, bell: WakeUp) {
    this.#options = options;
    this.#feed = feed;
    this.#bell = bell;
    this.#openedMs = options.clock.now();
    this.#writtenMs = options.clock.monotonicMs();
    this.#sweptMs = options.clock.monotonicMs();
  }

  get state(): "warming" | "active" | "standby" {
    if (this.#standby) return "standby";
    return this.#evaluator === undefined ? "warming" : "active";
  }

  get position(): number {
    return this.#place.seq;
  }

  get durablePosition(): number {
    return Math.max(0, this.#durable.seq);
  }

  get passedMs(): number | null {
    return this.#place.passedMs;
  }

  get isStandby(): boolean {
    return this.#standby;
  }

  get counters(): EngineCounters | null {
    return this.#evaluator?.counters() ?? null;
  }

  /** Builds the engine for these rules, its windows filled with what was received before the cursor. */
  async warmUp({ ruleset, fingerprint }: LoadedRules): Promise<void> {
    const { database, clock } = this.#options;
    if (this.#evaluator === undefined) {
      const stored = await readCursor(database.kysely);
      this.#durable = this.#place = stored.place;
      this.#rulesKey = stored.rulesKey;
      this.#remembered = [];
    }
    const timed = ruleset.rules.filter(({ needsTime }) => needsTime).map(({ id }) => id);
    const watches = await readWatches(database.kysely, timed, clock);
    const areKnown = this.#rulesKey === fingerprint;
    const warm = await createWarmEvaluator(this.#options, ruleset, { cursor: this.#place, watches, areKnown });
    this.#evaluator = warm.evaluator;
    this.#rulesKey = fingerprint;
    this.#windowMs = ruleset.windowMs;
    // those of known rules were written when they were judged
    if (!areKnown) this.#remembered.push(...warm.remembered);
    if (warm.shortenedToMs === undefined) return;
    const neededMs = areKnown ? Math.min(REMEMBERED_MS, ruleset.windowMs) : ruleset.windowMs;
    this.#notices = [describeShortWindows(warm.shortenedToMs, neededMs, clock.now())];
  }

  /** Judges what comes next, for one turn. @returns false when there was nothing */
  async judgeNext(): Promise<boolean> {
    const evaluator = this.#evaluator;
    if (evaluator === undefined) return false;
    const events = await this.#feed.next(this.#place.seq);
    if (events.length === 0) return false;
    const found = this.#judgeForOneTurn(evaluator, events);
    await this.#record(found);
    await yieldToLoop();
    return true;
  }

  #judgeForOneTurn(evaluator: Evaluator, events: readonly AgentEvent[]): DetectedMatch[] {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + TURN_MS;
    const found: DetectedMatch[] = [];
    let received = "";
    for (const event of events) {
      // events received before this one were judged: time has come that far
      if (evaluator.needsTime && event.receivedTime !== received) {
        received = event.receivedTime;
        this.#passTime(evaluator, Date.parse(received), found);
      }
      for (const match of evaluator.evaluate(event)) found.push({ match, event });
      if (evaluator.isRemembered()) this.#remembered.push({ seq: event.seq, receivedTime: event.receivedTime });
      this.#place = { seq: event.seq, passedMs: this.#place.passedMs };
      if (clock.monotonicMs() >= endMs) break;
    }
    this.#lost.note(evaluator.takeEvictions());
    return found;
  }

  /** Judges what did not happen, when nothing waits to be judged that did. */
  async judgeSilence(): Promise<void> {
    const evaluator = this.#evaluator;
    if (evaluator === undefined) return;
    const found: DetectedMatch[] = [];
    if (evaluator.needsTime) this.#passTime(evaluator, this.#options.clock.now(), found);
    await this.#record(found);
  }

  /** @param heardMs until when everything that was received is judged */
  #passTime(evaluator: Evaluator, heardMs: number, found: DetectedMatch[]): void {
    if (heardMs >= this.#openedMs && heardMs < this.#openedMs + LATENESS_MS) return;
    const passedMs = heardMs - ON_THE_WAY_MS;
    if (passedMs <= (this.#place.passedMs ?? Number.NEGATIVE_INFINITY)) return;
    for (const match of evaluator.advance(passedMs)) found.push({ match, event: undefined });
    this.#place = { ...this.#place, passedMs };
  }

  async #record(found: DetectedMatch[]): Promise<void> {
    const notices = [...this.#notices.splice(0), ...this.#lost.take(this.#options.clock.now())];
    for (const match of notices) found.push({ match, event: undefined });
    if (found.length > 0) await this.#commitMatches(found);
    else if (this.#isCursorDue()) await this.writeCursor();
  }

  /** The engine's windows hold these events already, so the same findings are tried until they are committed. */
  async #commitMatches(found: readonly DetectedMatch[]): Promise<void> {
    const { database, logger, onMatches } = this.#options;
    for (let delayMs = RETRY_FIRST_MS; !this.#closed; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      try {
        await inTransaction(database, async (trx) => {
          await this.#moveCursor(trx);
          await onMatches(trx, found);
        });
        return this.#noteWritten();
      } catch (error) {
        if (error instanceof CursorMovedError) return this.#standAside();
        const fields = { problem: messageOf(error), matches: found.length };
        logger.error("matches could not be recorded; trying again", fields);
        await this.#bell.pause(delayMs);
      }
    }
  }

  #isCursorDue(): boolean {
    if (isSamePlace(this.#place, this.#durable)) return false;
    const sinceMs = this.#options.clock.monotonicMs() - this.#writtenMs;
    const events = this.#place.seq - this.#durable.seq;
    return events >= CURSOR_EVERY_EVENTS || sinceMs >= (events === 0 ? PASSED_EVERY_MS : CURSOR_EVERY_MS);
  }

  get isCursorBehind(): boolean {
    return this.#evaluator !== undefined && this.#place.seq !== this.#durable.seq;
  }

  async writeCursor(): Promise<void> {
    if (this.#evaluator === undefined || isSamePlace(this.#place, this.#durable)) return;
    try {
      await inTransaction(this.#options.database, (trx) => this.#moveCursor(trx));
      this.#noteWritten();
    } catch (error) {
      if (!(error instanceof CursorMovedError)) throw error;
      this.#standAside();
    }
  }

  /** @throws CursorMovedError when another node has moved it */
  async #moveCursor(trx: Trx): Promise<void> {
    const { clock } = this.#options;
    const rulesKey = this.#rulesKey ?? "";
    const hasMoved = await advanceCursor(trx, { from: this.#durable, to: this.#place, rulesKey, clock });
    if (!hasMoved) throw new CursorMovedError();
    await rememberEvents(trx, this.#remembered);
  }

  #noteWritten(): void {
    this.#durable = this.#place;
    this.#remembered = [];
    this.#writtenMs = this.#options.clock.monotonicMs();
  }

  /** Another node judges: this one waits until that one's cursor stands still although there are events. */
  #standAside(): void {
    this.#options.logger.info("another node judges the events; this one stands by", { position: this.position });
    this.#standby = true;
    this.#evaluator = undefined;
    this.#durable = NOWHERE;
  }

  /** To be asked at an interval longer than any working node's between two writes of the cursor. */
  async tryTakeOver(): Promise<void> {
    const { place: cursor } = await readCursor(this.#options.database.kysely);
    const hasStalled = isSamePlace(cursor, this.#durable);
    this.#durable = cursor;
    if (!hasStalled) return;
    this.#feed.push();
    const isWaiting = (await this.#feed.next(cursor.seq)).length > 0;
    if (!isWaiting && !this.#isTimeOverdue(cursor)) return;
    this.#options.logger.warn("the node that judged the events fell silent; this one takes over", {
      cursor: cursor.seq,
    });
    this.#standby = false;
  }

  /** A node with rules that tell of silence writes how far time has passed, also when nothing happens. */
  #isTimeOverdue({ passedMs }: CursorPlace): boolean {
    return passedMs !== null && this.#options.clock.now() - ON_THE_WAY_MS - passedMs > 3 * PASSED_EVERY_MS;
  }

  /** Forgets groups whose windows have ended, and the events remembered for them. */
  async sweep(): Promise<void> {
    const { clock, database } = this.#options;
    if (clock.monotonicMs() - this.#sweptMs < SWEEP_EVERY_MS) return;
    this.#sweptMs = clock.monotonicMs();
    this.#evaluator?.sweep(clock.now());
    await forgetEvents(database.kysely, clock.now() - this.#windowMs - 2 * LATENESS_MS);
  }

  close(): void {
    this.#closed = true;
  }
}
