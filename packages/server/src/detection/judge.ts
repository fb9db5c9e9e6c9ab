import { setImmediate as yieldToLoop } from "node:timers/promises";
import type { AgentEvent } from "@firebreak/protocol";
import type { EngineCounters, Match } from "@firebreak/sigma";
import { messageOf } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database, Trx } from "../storage/index.ts";
import { advanceCursor, readCursor } from "./cursor.ts";
import type { Evaluator } from "./evaluate-event.ts";
import type { EventFeed } from "./event-feed.ts";
import type { LoadedRules } from "./load-rules.ts";
import { createWarmEvaluator } from "./rebuild-windows.ts";
import type { WakeUp } from "./wake-up.ts";

/** A match and the event that completed it. */
export interface DetectedMatch {
  readonly match: Match;
  readonly event: AgentEvent;
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
const RETRY_FIRST_MS = 100;
export const RETRY_MAX_MS = 5_000;

class CursorMovedError extends Error {
  override readonly name = "CursorMovedError";
}

/** Judges stored events in order and keeps the cursor: the engine, where it stands, and what of that is durable. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #feed: EventFeed;
  readonly #bell: WakeUp;
  #evaluator: Evaluator | undefined;
  #position = 0;
  /** where the cursor in the table stands as far as this node knows */
  #durable = 0;
  #writtenMs: number;
  #sweptMs: number;
  #standby = false;
  #closed = false;

  constructor(options: JudgeOptions, feed: EventFeed, bell: WakeUp) {
    this.#options = options;
    this.#feed = feed;
    this.#bell = bell;
    this.#writtenMs = options.clock.monotonicMs();
    this.#sweptMs = options.clock.monotonicMs();
  }

  get state(): "warming" | "active" | "standby" {
    if (this.#standby) return "standby";
    return this.#evaluator === undefined ? "warming" : "active";
  }

  get position(): number {
    return this.#position;
  }

  get durablePosition(): number {
    return Math.max(0, this.#durable);
  }

  get isStandby(): boolean {
    return this.#standby;
  }

  get counters(): EngineCounters | null {
    return this.#evaluator?.counters() ?? null;
  }

  /** Builds the engine for these rules, its windows filled with what was received before the cursor. */
  async warmUp({ ruleset }: LoadedRules): Promise<void> {
    if (this.#evaluator === undefined) {
      this.#durable = await readCursor(this.#options.database.kysely);
      this.#position = this.#durable;
    }
    this.#evaluator = await createWarmEvaluator(this.#options, ruleset, this.#position);
  }

  /** Judges what comes next, for one turn. @returns false when there was nothing */
  async judgeNext(): Promise<boolean> {
    const evaluator = this.#evaluator;
    if (evaluator === undefined) return false;
    const events = await this.#feed.next(this.#position);
    if (events.length === 0) return false;
    const found = this.#judgeForOneTurn(evaluator, events);
    if (found.length > 0) await this.#commitMatches(found);
    else if (this.#isCursorDue()) await this.writeCursor();
    await yieldToLoop();
    return true;
  }

  #judgeForOneTurn(evaluator: Evaluator, events: readonly AgentEvent[]): DetectedMatch[] {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + TURN_MS;
    const found: DetectedMatch[] = [];
    for (const event of events) {
      for (const match of evaluator.evaluate(event)) found.push({ match, event });
      this.#position = event.seq;
      if (clock.monotonicMs() >= endMs) break;
    }
    return found;
  }

  /** The engine's windows hold these events already, so the same findings are tried until they are committed. */
  async #commitMatches(found: readonly DetectedMatch[]): Promise<void> {
    const { database, clock, logger, onMatches } = this.#options;
    for (let delayMs = RETRY_FIRST_MS; !this.#closed; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      try {
        await inTransaction(database, async (trx) => {
          const hasMoved = await advanceCursor(trx, { from: this.#durable, to: this.#position, clock });
          if (!hasMoved) throw new CursorMovedError();
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
    if (this.#position === this.#durable) return false;
    const sinceMs = this.#options.clock.monotonicMs() - this.#writtenMs;
    return this.#position - this.#durable >= CURSOR_EVERY_EVENTS || sinceMs >= CURSOR_EVERY_MS;
  }

  get isCursorBehind(): boolean {
    return this.#evaluator !== undefined && this.#position !== this.#durable;
  }

  async writeCursor(): Promise<void> {
    if (!this.isCursorBehind) return;
    const { database, clock } = this.#options;
    const hasMoved = await advanceCursor(database.kysely, { from: this.#durable, to: this.#position, clock });
    if (hasMoved) this.#noteWritten();
    else this.#standAside();
  }

  #noteWritten(): void {
    this.#durable = this.#position;
    this.#writtenMs = this.#options.clock.monotonicMs();
  }

  /** Another node judges: this one waits until that one's cursor stands still although there are events. */
  #standAside(): void {
    this.#options.logger.info("another node judges the events; this one stands by", { position: this.#position });
    this.#standby = true;
    this.#evaluator = undefined;
    this.#durable = -1;
  }

  /** To be asked at an interval longer than any working node's between two writes of the cursor. */
  async tryTakeOver(): Promise<void> {
    const cursor = await readCursor(this.#options.database.kysely);
    const hasStalled = cursor === this.#durable;
    this.#durable = cursor;
    if (!hasStalled) return;
    this.#feed.push();
    if ((await this.#feed.next(cursor)).length === 0) return;
    this.#options.logger.warn("the node that judged the events fell silent; this one takes over", { cursor });
    this.#standby = false;
  }

  /** Forgets groups whose windows have ended. */
  sweep(): void {
    const { clock } = this.#options;
    if (clock.monotonicMs() - this.#sweptMs < SWEEP_EVERY_MS) return;
    this.#sweptMs = clock.monotonicMs();
    this.#evaluator?.sweep(clock.now());
  }

  close(): void {
    this.#closed = true;
  }
}
