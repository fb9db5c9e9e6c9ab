import type { EngineCounters, RuleError, RuleInfo } from "@firebreak/sigma";
import { messageOf } from "../kernel/index.ts";
import type { StoredEvents } from "../telemetry/index.ts";
import { createEventFeed } from "./event-feed.ts";
import type { EventFeed } from "./event-feed.ts";
import { CURSOR_EVERY_MS, Judge, RETRY_MAX_MS } from "./judge.ts";
import type { JudgeOptions } from "./judge.ts";
import type { LiveRules } from "./live-rules.ts";
import type { RulesInForce } from "./load-rules.ts";
import { createPace } from "./pace.ts";
import type { Pace } from "./pace.ts";
import { createWakeUp } from "./wake-up.ts";
import type { WakeUp } from "./wake-up.ts";

/**
 * `onMatches`: what matches cause, in the transaction that moves the cursor past their events, so it happens exactly
 * once. It must touch nothing but the database, and is called again when the transaction fails.
 */
export interface DetectorOptions extends JudgeOptions {
  /** ended with the detector */
  readonly liveRules: LiveRules;
}

export interface DetectorStatus {
  /** `standby`: another node on this database judges the events */
  readonly state: "stopped" | "warming" | "active" | "standby";
  /** last `seq` judged here, and last one that a restart would not judge again */
  readonly position: number;
  readonly durablePosition: number;
  /** up to when it was judged what did not happen, ms */
  readonly passedMs: number | null;
  readonly engine: EngineCounters | null;
  /** How often the thread that judges ended by itself, and why it did last as long as nothing was judged since. */
  readonly restarts: number;
  readonly problem: string | null;
  /** Events that were passed over because they ended it. */
  readonly unjudged: number;
}

export interface Detector {
  /** Waits for the rules and begins to judge where the cursor stands, in the background. Once. */
  start(): Promise<void>;
  /** Tells of events just stored, or that some may have been. */
  wake(events?: StoredEvents): void;
  /** Resolves when more events may be stored; nothing: at once. It waits while those that are stored are judged here, far behind. */
  keepPace(): Promise<void> | undefined;
  /** Resolves when everything stored before the call is judged and the cursor written, or another node does it. */
  drain(): Promise<void>;
  /** Reads the rules again; their windows begin with what was stored. Resolves when the new rules judge. */
  reload(): Promise<RulesInForce>;
  /** Reloads when a rule file was changed, added or removed since the last load. */
  reloadIfChanged(): Promise<void>;
  rules(): { readonly rules: readonly RuleInfo[]; readonly errors: readonly RuleError[] };
  /** What was read last; undefined before the first load. */
  loaded(): RulesInForce | undefined;
  status(): DetectorStatus;
  /**
   * Ends for good, without a last write: what was judged without a match since the last one is judged again by the next
   * start, which changes nothing.
   */
  stop(): Promise<void>;
}

/** Events that other nodes stored are found within this time. */
const POLL_MS = 1_000;
/** Longer than a working node's pause between two writes of the cursor, however busy it is. */
const STANDBY_MS = 3_000;
const RETRY_FIRST_MS = 100;

export function createDetector(options: DetectorOptions): Detector {
  return new DetectorLoop(options);
}

type Waiter = () => void;

class DetectorLoop implements Detector {
  readonly #options: DetectorOptions;
  readonly #feed: EventFeed;
  readonly #bell: WakeUp = createWakeUp();
  readonly #pace: Pace = createPace();
  readonly #judge: Judge;
  #isWarm = false;
  #isStopping = false;
  #running: Promise<void> | undefined;
  #drainers: Waiter[] = [];
  #reloaders: Waiter[] = [];

  constructor(options: DetectorOptions) {
    this.#options = options;
    this.#feed = createEventFeed(options.database);
    this.#judge = new Judge(options, this.#feed, this.#bell);
    options.liveRules.onEnded(() => this.#bell.ring());
  }

  async start(): Promise<void> {
    if (this.#running !== undefined || this.#isStopping) return;
    const opened = this.#options.liveRules.opened();
    this.#running = opened.then(
      () => this.#run(),
      () => undefined,
    );
    await opened;
  }

  wake(events?: StoredEvents): void {
    if (events !== undefined && this.status().state === "active") this.#pace.stored(events.count, events.last);
    this.#feed.push(events);
    this.#bell.ring();
  }

  keepPace(): Promise<void> | undefined {
    return this.#pace.wait();
  }

  async drain(): Promise<void> {
    if (this.#running === undefined || this.#isStopping) return;
    const idle = new Promise<void>((resolve) => this.#drainers.push(resolve));
    this.wake();
    await idle;
  }

  async reloadIfChanged(): Promise<void> {
    if (this.#isStopping || !(await this.#options.liveRules.areChanged())) return;
    const { rules, errors } = await this.reload();
    this.#options.logger.info("the rules were read again", { rules: rules.length, faults: errors.length });
  }

  async reload(): Promise<RulesInForce> {
    const { rules } = await this.#options.liveRules.reload();
    if (this.#running === undefined || this.#isStopping) return rules;
    const swapped = new Promise<void>((resolve) => this.#reloaders.push(resolve));
    this.#isWarm = false;
    this.#bell.ring();
    await swapped;
    return rules;
  }

  rules(): { readonly rules: readonly RuleInfo[]; readonly errors: readonly RuleError[] } {
    const { rules = [], errors = [] } = this.loaded() ?? {};
    return { rules, errors };
  }

  loaded(): RulesInForce | undefined {
    return this.#options.liveRules.inForce;
  }

  status(): DetectorStatus {
    const { state, position, durablePosition, passedMs, counters, endings } = this.#judge;
    const { count: restarts, problem, unjudged } = endings;
    const isRunning = this.#running !== undefined && !this.#isStopping;
    const place = { position, durablePosition, passedMs };
    return { state: isRunning ? state : "stopped", ...place, engine: counters, restarts, problem, unjudged };
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#judge.close();
    this.#bell.close();
    this.#pace.release();
    // what is asked of it now is not answered any more
    await this.#options.liveRules.end();
    await this.#running;
    release(this.#drainers.splice(0));
    release(this.#reloaders.splice(0));
  }

  async #run(): Promise<void> {
    let delayMs = RETRY_FIRST_MS;
    while (!this.#isStopping) {
      try {
        await this.#runOnce();
        delayMs = RETRY_FIRST_MS;
      } catch (error) {
        if (this.#isStopping) return;
        const fields = { problem: messageOf(error), position: this.#judge.position };
        this.#options.logger.error("detection cannot go on at the moment; trying again", fields);
        await this.#bell.pause(delayMs);
        delayMs = Math.min(delayMs * 2, RETRY_MAX_MS);
      }
    }
  }

  async #runOnce(): Promise<void> {
    for (const ending of this.#options.liveRules.takeEndings()) this.#judge.noteEnding(ending);
    if (this.#judge.isStandby) return this.#standBy();
    if (!this.#isWarm || !this.#judge.isWarm) await this.#warmUp();
    // Only who asked before this look at the feed may be told that there is nothing left.
    const asked = this.#drainers.length;
    const hasJudged = await this.#judge.judgeNext();
    this.#pace.judged(this.#judge.position);
    if (hasJudged) return;
    await this.#judge.judgeSilence();
    if (asked > 0) await this.#judge.writeCursor();
    release(this.#drainers.splice(0, asked));
    await this.#rest();
  }

  async #warmUp(): Promise<void> {
    // who asks later may have read rules that are not these
    const asked = this.#reloaders.length;
    this.#isWarm = true;
    try {
      await this.#judge.warmUp(await this.#options.liveRules.ready());
    } catch (error) {
      this.#isWarm = false;
      throw error;
    }
    release(this.#reloaders.splice(0, asked));
  }

  async #rest(): Promise<void> {
    if (this.#judge.isStandby) return;
    await this.#judge.sweep();
    const rang = await this.#bell.wait(this.#judge.isCursorBehind ? CURSOR_EVERY_MS : POLL_MS);
    if (rang || this.#isStopping) return;
    if (this.#judge.isCursorBehind) await this.#judge.writeCursor();
    this.#feed.push();
  }

  async #standBy(): Promise<void> {
    this.#isWarm = false;
    this.#pace.release();
    release(this.#drainers.splice(0));
    release(this.#reloaders.splice(0));
    await this.#bell.pause(STANDBY_MS);
    if (!this.#isStopping) await this.#judge.tryTakeOver();
  }
}

function release(waiters: readonly Waiter[]): void {
  for (const tell of waiters) tell();
}
