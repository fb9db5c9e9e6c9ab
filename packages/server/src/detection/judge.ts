import type { EngineCounters, Match } from "@firebreak/sigma";
import { messageOf } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database, Trx } from "../storage/index.ts";
import { advanceCursor, isSamePlace, readCursor, readWatches } from "./cursor.ts";
import type { CursorPlace } from "./cursor.ts";
import { LATENESS_MS, ON_THE_WAY_MS, REMEMBERED_MS } from "./evaluate-event.ts";
import type { EventFeed } from "./event-feed.ts";
import { JudgeEndings } from "./judge-endings.ts";
import type { ReadyRules } from "./live-rules.ts";
import { describeEmptyWindows, describeShortWindows, LostState } from "./lost-state.ts";
import { fillWindows } from "./rebuild-windows.ts";
import { forgetEvents, rememberEvents } from "./remembered-events.ts";
import type { Remembered } from "./remembered-events.ts";
import type { Ending, JudgeLine } from "./thread/judge-thread.ts";
import type { DetectedMatch, Verdict } from "./thread/messages.ts";
import type { WakeUp } from "./wake-up.ts";

export interface JudgeOptions {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onMatches: (trx: Trx, found: readonly DetectedMatch[]) => Promise<unknown>;
}

/** So the thread has the next page when it is done with one, and little is judged again when it ends. */
const PAGES_UNDER_WAY = 2;
const NOTICES_MAX = 100;
/** The cursor is written with every match; without one, this often. */
export const CURSOR_EVERY_MS = 200;
const CURSOR_EVERY_EVENTS = 5_000;
const SWEEP_EVERY_MS = 30_000;
/** While nothing happens, how far time has passed is written this often, so that another node sees that somebody works. */
const PASSED_EVERY_MS = 10_000;
const RETRY_FIRST_MS = 100;
export const RETRY_MAX_MS = 5_000;
const START: CursorPlace = { seq: 0, passedMs: null };
const NOWHERE: CursorPlace = { seq: -1, passedMs: null };

class CursorMovedError extends Error {
  override readonly name = "CursorMovedError";
}

interface PageUnderWay {
  readonly answer: Promise<unknown>;
  /** when it is there */
  verdict: Verdict | undefined;
}

/** Has stored events judged in order and keeps the cursor: where judging stands, and what of that is durable. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #feed: EventFeed;
  readonly #bell: WakeUp;
  /** To what judges, when its windows are filled. */
  #line: JudgeLine | undefined;
  #needsTime = false;
  #counters: EngineCounters | null = null;
  readonly #endings = new JudgeEndings();
  /** In order; what is judged after them is not known yet. */
  #underWay: PageUnderWay[] = [];
  #givenUpTo = 0;
  /** False where another node may have moved the cursor. */
  #knowsPlace = false;
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
    return this.isWarm ? "active" : "warming";
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

  /** Whether there is somebody who judges, with windows that are filled. */
  get isWarm(): boolean {
    return this.#line?.ending === null;
  }

  get counters(): EngineCounters | null {
    return this.#counters;
  }

  get endings(): JudgeEndings {
    return this.#endings;
  }

  /** What judged ended by itself: what it was given is judged again by the next one. */
  noteEnding(ending: Ending): void {
    const { clock, logger } = this.#options;
    logger.error("the thread that judges events ended; a new one goes on", { ...ending, position: this.position });
    this.#letGo();
    // as many as can be of use while they cannot be recorded
    this.#notices = [...this.#notices, ...this.#endings.note(ending, clock.now())].slice(-NOTICES_MAX);
  }

  #letGo(): void {
    this.#line = undefined;
    this.#counters = null;
    this.#underWay = [];
    // what was given is to be found again
    this.#feed.push();
  }

  /** Has these rules judge, their windows filled with what was received before the cursor. */
  async warmUp({ line, number: rulesNumber, rules: { rules, fingerprint, windowMs } }: ReadyRules): Promise<void> {
    const { database, clock } = this.#options;
    while (this.#underWay.length > 0) await this.#takeVerdicts();
    if (!this.#knowsPlace) {
      const stored = await readCursor(database.kysely);
      this.#durable = this.#place = stored.place;
      this.#rulesKey = stored.rulesKey;
      this.#remembered = [];
      this.#knowsPlace = true;
    }
    const timed = rules.filter(({ needsTime }) => needsTime).map(({ id }) => id);
    const watches = await readWatches(database.kysely, timed, clock);
    const areKnown = this.#rulesKey === fingerprint;
    const { passedMs } = this.#place;
    const { skipped } = this.#endings;
    const openedMs = this.#openedMs;
    const counters = await line.ask({ kind: "begin", rulesNumber, watches, openedMs, passedMs, skipped });
    await this.#fillWindows(line, windowMs, areKnown);
    this.#line = line;
    this.#counters = counters;
    this.#needsTime = timed.length > 0;
    this.#givenUpTo = this.#place.seq;
    this.#rulesKey = fingerprint;
    this.#windowMs = windowMs;
  }

  async #fillWindows(line: JudgeLine, windowMs: number, areKnown: boolean): Promise<void> {
    const nowMs = this.#options.clock.now();
    if (this.#endings.areWindowsToBlame) {
      this.#notices.push(describeEmptyWindows(nowMs));
      return;
    }
    const filled = await fillWindows(this.#options, line, { windowMs, cursor: this.#place, areKnown });
    // those of known rules were written when they were judged
    if (!areKnown) this.#remembered.push(...filled.remembered);
    if (filled.shortenedToMs === undefined) return;
    const neededMs = areKnown ? Math.min(REMEMBERED_MS, windowMs) : windowMs;
    this.#notices.push(describeShortWindows(filled.shortenedToMs, neededMs, nowMs));
  }

  /** Has judged what comes next. @returns false when there was nothing */
  async judgeNext(): Promise<boolean> {
    const line = this.#line;
    if (line === undefined) return false;
    await this.#givePages(line);
    if (this.#underWay.length === 0) return false;
    await this.#takeVerdicts();
    return true;
  }

  async #givePages(line: JudgeLine): Promise<void> {
    while (this.#underWay.length < PAGES_UNDER_WAY) {
      const page = await this.#feed.next(this.#givenUpTo);
      if (page === undefined) return;
      this.#givenUpTo = page.seqs.at(-1) ?? this.#givenUpTo;
      const answer = line.ask({ kind: "judge", page });
      const underWay: PageUnderWay = { answer, verdict: undefined };
      // told of when it is waited for
      answer.then((verdict) => void (underWay.verdict = verdict)).catch(() => undefined);
      this.#underWay.push(underWay);
    }
  }

  /** Waits for the first, and records it with those that are there by then. */
  async #takeVerdicts(): Promise<void> {
    try {
      await this.#underWay[0]?.answer;
    } catch (error) {
      // what comes after a page that was not judged must not be judged before it
      this.#letGo();
      throw error;
    }
    const found: DetectedMatch[] = [];
    for (const { verdict } of this.#underWay) {
      if (verdict === undefined) break;
      this.#note(verdict, found);
    }
    this.#underWay = this.#underWay.filter(({ verdict }) => verdict === undefined);
    await this.#record(found);
  }

  #note({ seq, passedMs, remembered, evictions, faults, counters, ...told }: Verdict, found: DetectedMatch[]): void {
    for (const fault of faults) this.#options.logger.error("an event could not be judged", { ...fault });
    found.push(...told.found);
    this.#remembered.push(...remembered);
    this.#lost.note(evictions);
    this.#counters = counters;
    this.#place = { seq: seq ?? this.#place.seq, passedMs };
    if (seq !== null) this.#endings.noteJudged();
  }

  /** Has judged what did not happen, when nothing waits to be judged that did. */
  async judgeSilence(): Promise<void> {
    if (this.#line === undefined) return;
    const found: DetectedMatch[] = [];
    if (this.#needsTime) {
      this.#note(await this.#line.ask({ kind: "passTime", heardMs: this.#options.clock.now() }), found);
    }
    await this.#record(found);
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
    return this.#knowsPlace && this.#place.seq !== this.#durable.seq;
  }

  async writeCursor(): Promise<void> {
    if (!this.#knowsPlace || isSamePlace(this.#place, this.#durable)) return;
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
    this.#letGo();
    this.#knowsPlace = false;
    this.#durable = NOWHERE;
  }

  /** To be asked at an interval longer than any working node's between two writes of the cursor. */
  async tryTakeOver(): Promise<void> {
    const { place: cursor } = await readCursor(this.#options.database.kysely);
    const hasStalled = isSamePlace(cursor, this.#durable);
    this.#durable = cursor;
    if (!hasStalled) return;
    this.#feed.push();
    const isWaiting = (await this.#feed.next(cursor.seq)) !== undefined;
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
    await this.#line?.ask({ kind: "sweep", nowMs: clock.now() });
    await forgetEvents(database.kysely, clock.now() - this.#windowMs - 2 * LATENESS_MS);
  }

  close(): void {
    this.#closed = true;
  }
}
