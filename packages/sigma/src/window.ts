import { holdsAll, type Bound } from "./bounds.ts";

/** What a window says after an event was added. Times in ms. */
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
  /** @param rule place of the rule that matched in the correlation's list */
  add(time: number, eventId: string, value: string, rule: number): WindowReading;
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

/** Counts events. Keeps their times in order, so that a late event is judged by every window it falls into. */
export class CountWindow implements GroupWindow {
  dropped = 0;
  readonly #settings: WindowSettings;
  #times: number[] = [];
  #ids: string[] = [];
  #head = 0;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#times.length - this.#head;
  }

  get newestTime(): number {
    return this.#times.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  add(time: number, eventId: string): WindowReading {
    if (time < this.newestTime - this.#settings.latenessMs) return LATE;
    const at = time >= this.newestTime ? this.#push(time, eventId) : this.#insert(time, eventId);
    const shift = this.#prune();
    return at < shift ? LATE : this.#read(at - shift);
  }

  #push(time: number, eventId: string): number {
    this.#ids.push(eventId);
    return this.#times.push(time) - 1;
  }

  #insert(time: number, eventId: string): number {
    const at = this.#firstAfter(time);
    this.#times.splice(at, 0, time);
    this.#ids.splice(at, 0, eventId);
    return at;
  }

  /** Index of the first entry later than `time`. */
  #firstAfter(time: number): number {
    let low = this.#head;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lets go of what no window can need; answers by how much indices moved because the arrays were compacted. */
  #prune(): number {
    const { spanMs, latenessMs, capacity } = this.#settings;
    const newest = this.newestTime;
    while ((this.#times[this.#head] ?? newest) <= newest - spanMs - latenessMs) this.#head += 1;
    while (this.size > capacity) {
      if ((this.#times[this.#head] ?? newest) > newest - spanMs) this.dropped += 1;
      this.#head += 1;
    }
    if (this.#head < 64 || this.#head * 2 < this.#times.length) return 0;
    const shift = this.#head;
    this.#times = this.#times.slice(shift);
    this.#ids = this.#ids.slice(shift);
    this.#head = 0;
    return shift;
  }

  /** Judges every window that ends at the event or at a later one within the span, oldest first. */
  #read(at: number): WindowReading {
    const { spanMs, bounds } = this.#settings;
    const newest = this.#times.length - 1;
    const until = (this.#times[at] ?? 0) + spanMs;
    let start = Math.max(this.#firstAfter((this.#times[at] ?? 0) - spanMs), this.#head);
    for (let end = at; end <= newest; end++) {
      const endTime = this.#times[end] ?? 0;
      if (endTime >= until) break;
      while ((this.#times[start] ?? endTime) <= endTime - spanMs) start += 1;
      if (holdsAll(bounds, end - start + 1)) return this.#reading(start, end, true);
    }
    return this.#reading(start, at, false);
  }

  #reading(start: number, end: number, satisfied: boolean): WindowReading {
    return {
      late: false,
      satisfied,
      isNewest: end === this.#times.length - 1,
      count: end - start + 1,
      firstTime: this.#times[start] ?? 0,
      lastTime: this.#times[end] ?? 0,
      eventIds: satisfied ? this.#idsOf(start, end) : NO_IDS,
    };
  }

  #idsOf(start: number, end: number): readonly string[] {
    return this.#ids.slice(Math.max(start, end + 1 - this.#settings.eventIdsMax), end + 1);
  }
}

/**
 * Counts distinct values of the newest window. A value costs one entry however often it comes, so a flood of one value
 * cannot push out others. Late events count while they fall into the newest window.
 */
export class DistinctWindow implements GroupWindow {
  dropped = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  /** In the order of the values' last times. */
  #seen = new Map<string, { readonly time: number; readonly eventId: string }>();
  /** No value's last time is older; the oldest may be younger. */
  #oldestTime = Number.POSITIVE_INFINITY;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#seen.size;
  }

  add(time: number, eventId: string, value: string): WindowReading {
    const { spanMs, capacity, bounds } = this.#settings;
    if (time <= this.newestTime - spanMs || time < this.newestTime - this.#settings.latenessMs) return LATE;
    this.#put(time, eventId, value);
    this.#oldestTime = Math.min(this.#oldestTime, time);
    if (this.#oldestTime <= this.newestTime - spanMs || this.#seen.size > capacity) this.#prune();
    return this.#reading(holdsAll(bounds, this.#seen.size));
  }

  #prune(): void {
    const { spanMs, capacity } = this.#settings;
    this.#oldestTime = Number.POSITIVE_INFINITY;
    for (const [oldest, { time }] of this.#seen) {
      const isOpen = time > this.newestTime - spanMs;
      if (isOpen && this.#seen.size <= capacity) {
        this.#oldestTime = time;
        return;
      }
      if (isOpen) this.dropped += 1;
      this.#seen.delete(oldest);
    }
  }

  #put(time: number, eventId: string, value: string): void {
    if (time >= this.newestTime) {
      this.newestTime = time;
      this.#seen.delete(value);
      this.#seen.set(value, { time, eventId });
      return;
    }
    if ((this.#seen.get(value)?.time ?? Number.NEGATIVE_INFINITY) >= time) return;
    this.#seen.set(value, { time, eventId });
    this.#seen = new Map([...this.#seen].sort(([, left], [, right]) => left.time - right.time));
  }

  #reading(satisfied: boolean): WindowReading {
    const entries = satisfied ? [...this.#seen.values()] : undefined;
    return {
      late: false,
      satisfied,
      isNewest: true,
      count: this.#seen.size,
      firstTime: entries?.[0]?.time ?? this.newestTime,
      lastTime: this.newestTime,
      eventIds: entries?.slice(-this.#settings.eventIdsMax).map((entry) => entry.eventId) ?? NO_IDS,
    };
  }
}
