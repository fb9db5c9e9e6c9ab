import type { Bound } from "./bounds.ts";

/**
 * What a window says after an event was added. Times in ms. Read `eventIds` before the next event is added: they are
 * collected when they are asked for, because most of a flood is not reported.
 */
export interface WindowReading {
  /** The event was older than the window keeps; nothing was added. */
  readonly late: boolean;
  readonly satisfied: boolean;
  /** True when the reading is about the newest window of the group, not about one in the past. */
  readonly isNewest: boolean;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly eventIds: readonly string[];
  /** What the count alone does not tell: the parts of a ratio, a cycle's length, the value that was carried. */
  readonly detail?: string;
}

export interface WindowSettings {
  readonly spanMs: number;
  readonly latenessMs: number;
  readonly capacity: number;
  readonly eventIdsMax: number;
  readonly bounds: readonly Bound[];
}

/** A sliding window over event time, of half-open span: an event at t counts in windows that end in [t, t + span). */
export interface GroupWindow {
  readonly size: number;
  readonly newestTime: number;
  /** Entries that had to go although their window was open. */
  readonly dropped: number;
  /**
   * @param value what is counted, as text; empty where `hash` tells it
   * @param rule place of the rule that matched in the correlation's list
   * @param hash what tells the step from others, in windows that look for repeats
   */
  add(time: number, eventId: string, value: string, rule: number, hash: number): WindowReading;
}

/** A window that comes true by the passing of time. It decides itself what is worth a report. */
export interface TimedWindow extends GroupWindow {
  /** When it comes true if nothing happens; infinity when it waits for nothing. */
  readonly deadline: number;
  /** Goes past the deadline, which `now` has reached. @returns what to report, if anything */
  expire(now: number): WindowReading | undefined;
}

export const NO_IDS: readonly string[] = [];

/** Says nothing about whether the condition holds. */
export const NO_VERDICT: WindowReading = {
  late: false,
  satisfied: false,
  isNewest: false,
  count: 0,
  firstTime: 0,
  lastTime: 0,
  eventIds: NO_IDS,
};

export const LATE: WindowReading = { ...NO_VERDICT, late: true };

/** What a window can tell of its entries from one place to another. */
interface IdSource {
  idsOf(start: number, end: number): readonly string[];
}

/** A reading of the entries from `start` to `end`, whose ids are collected when they are asked for. */
export class WindowCount implements WindowReading {
  readonly late = false;
  readonly satisfied: boolean;
  readonly isNewest: boolean;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly #source: IdSource;
  readonly #start: number;
  readonly #end: number;

  constructor(
    reading: Pick<WindowReading, "satisfied" | "isNewest" | "count" | "firstTime" | "lastTime">,
    source: IdSource,
    start: number,
    end: number,
  ) {
    this.satisfied = reading.satisfied;
    this.isNewest = reading.isNewest;
    this.count = reading.count;
    this.firstTime = reading.firstTime;
    this.lastTime = reading.lastTime;
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  get eventIds(): readonly string[] {
    return this.satisfied ? this.#source.idsOf(this.#start, this.#end) : NO_IDS;
  }
}
