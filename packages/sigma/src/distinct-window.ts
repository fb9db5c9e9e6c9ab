import { holdsAll } from "./bounds.ts";
import { LATE, WindowCount, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

/** A stretch in which a value came again within the span: it counts in every window that ends from its start to a span after its end. */
interface Spell {
  startTime: number;
  time: number;
}

interface Seen extends Spell {
  eventId: string;
  /** Spells before, oldest first, as far back as a late event may ask. */
  earlier: Spell[] | undefined;
}

/** Spells of a value that are kept beside the last. */
const SPELLS_MAX = 8;

/**
 * Counts distinct values. A value costs one entry however often it comes, so a flood of one value cannot push out others.
 * A late event is judged by every window it falls into.
 */
export class DistinctWindow implements GroupWindow {
  dropped = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  /** Those in the newest window, in the order of their last times. */
  #open = new Map<string, Seen>();
  /** Those that were in a window that a late event may still fall into, in the same order. */
  #past = new Map<string, Seen>();
  #isOpenSorted = true;
  #isPastSorted = true;
  /** No open value's last time is older; the oldest may be younger. */
  #oldestTime = Number.POSITIVE_INFINITY;
  /** Values below which the condition cannot hold. */
  readonly #leastCount: number;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
    this.#leastCount = Math.max(
      0,
      ...settings.bounds.map(({ operator, value }) => (/^(?:gte?|eq)$/.test(operator) ? value : 0)),
    );
  }

  get size(): number {
    return this.#open.size + this.#past.size;
  }

  add(time: number, eventId: string, value: string): WindowReading {
    if (time < this.newestTime - this.#settings.latenessMs) return LATE;
    return time < this.newestTime ? this.#addLate(time, eventId, value) : this.#addNewest(time, eventId, value);
  }

  #addNewest(time: number, eventId: string, value: string): WindowReading {
    const { spanMs, capacity } = this.#settings;
    this.newestTime = time;
    const seen = this.#take(value) ?? { startTime: time, time, eventId, earlier: undefined };
    if (time - seen.time > spanMs) {
      seen.earlier = [...(seen.earlier ?? []).slice(1 - SPELLS_MAX), { startTime: seen.startTime, time: seen.time }];
      seen.startTime = time;
    }
    seen.time = time;
    seen.eventId = eventId;
    this.#open.set(value, seen);
    this.#oldestTime = Math.min(this.#oldestTime, time);
    if (this.#oldestTime <= time - spanMs || this.#open.size > capacity) this.#prune();
    return this.#newest();
  }

  /** Takes a value out, so that it stands last when it is put in again. */
  #take(value: string): Seen | undefined {
    const seen = this.#open.get(value);
    if (seen !== undefined) {
      this.#open.delete(value);
      return seen;
    }
    if (this.#past.size === 0) return undefined;
    const past = this.#past.get(value);
    if (past !== undefined) this.#past.delete(value);
    return past;
  }

  #prune(): void {
    const { spanMs, latenessMs, capacity } = this.#settings;
    // late events stand last although they are not the newest
    if (!this.#isOpenSorted) this.#open = sorted(this.#open);
    const from = this.newestTime - spanMs;
    this.#oldestTime = Number.POSITIVE_INFINITY;
    for (const [value, seen] of this.#open) {
      const isOpen = seen.time > from;
      if (isOpen && this.#open.size <= capacity) {
        this.#oldestTime = seen.time;
        break;
      }
      this.#open.delete(value);
      if (isOpen) this.dropped += 1;
      else this.#past.set(value, seen);
    }
    this.#isOpenSorted = true;
    if (!this.#isPastSorted) this.#past = sorted(this.#past);
    this.#isPastSorted = true;
    for (const [value, { time }] of this.#past) {
      if (time > from - latenessMs && this.#past.size <= capacity) break;
      this.#past.delete(value);
    }
  }

  #newest(): WindowReading {
    const count = this.#open.size;
    const satisfied = holdsAll(this.#settings.bounds, count);
    const firstTime = satisfied ? this.#firstTime() : this.newestTime;
    return new WindowCount({ satisfied, isNewest: true, count, firstTime, lastTime: this.newestTime }, this, 0, count);
  }

  #firstTime(): number {
    if (!this.#isOpenSorted) return this.#oldestTime;
    for (const { time } of this.#open.values()) return time;
    return this.newestTime;
  }

  /** Ids of the open values' last events, from one place to another. */
  idsOf(start: number, end: number): readonly string[] {
    if (!this.#isOpenSorted) this.#open = sorted(this.#open);
    this.#isOpenSorted = true;
    const from = Math.max(start, end - this.#settings.eventIdsMax);
    return [...this.#open.values()].slice(from, end).map(({ eventId }) => eventId);
  }

  #addLate(time: number, eventId: string, value: string): WindowReading {
    const { spanMs } = this.#settings;
    const known = this.#take(value);
    const wasCounted = known !== undefined && spellsOf(known).some((one) => one.startTime <= time && time <= one.time);
    const seen = known ?? { startTime: time, time, eventId, earlier: undefined };
    if (known !== undefined) join(seen, time, spanMs);
    if (seen.time === time) seen.eventId = eventId;
    const home = seen.time > this.newestTime - spanMs ? this.#open : this.#past;
    home.set(value, seen);
    if (home === this.#open) this.#isOpenSorted = false;
    else this.#isPastSorted = false;
    this.#oldestTime = Math.min(this.#oldestTime, seen.time);
    if (this.#open.size > this.#settings.capacity || this.#past.size > this.#settings.capacity) this.#prune();
    if (wasCounted || this.size < this.#leastCount) return this.#newest();
    return this.#judgePast(time, eventId) ?? this.#newest();
  }

  /** The oldest window before the newest that the late event falls into and that fulfils the condition. */
  #judgePast(time: number, eventId: string): WindowReading | undefined {
    const { spanMs, bounds } = this.#settings;
    for (const [end, count] of this.#countsFrom(time)) {
      if (!holdsAll(bounds, count)) continue;
      const reading = { satisfied: true, isNewest: false, count, firstTime: time, lastTime: end };
      return new WindowCount(reading, { idsOf: () => this.#idsAt(end, spanMs, eventId) }, 0, count);
    }
    return undefined;
  }

  #idsAt(end: number, spanMs: number, eventId: string): readonly string[] {
    const ids = [...this.#past.values(), ...this.#open.values()]
      .filter((seen) => seen.startTime <= end && end < seen.time + spanMs)
      .map((seen) => seen.eventId);
    return [...new Set([...ids.slice(1 - this.#settings.eventIdsMax), eventId])];
  }

  /** How many values there are in the windows that end at `time` and, up to a span later, where a spell begins. */
  #countsFrom(time: number): [number, number][] {
    const { spanMs } = this.#settings;
    const until = Math.min(time + spanMs, this.newestTime);
    const changes: [number, number][] = [];
    let count = 0;
    for (const values of [this.#past, this.#open]) {
      for (const seen of values.values()) {
        for (const spell of spellsOf(seen)) {
          const endTime = spell.time + spanMs;
          if (endTime <= time || spell.startTime >= until) continue;
          if (spell.startTime <= time) count += 1;
          else changes.push([spell.startTime, 1]);
          if (endTime < until) changes.push([endTime, -1]);
        }
      }
    }
    changes.sort(([left, gain], [right, other]) => left - right || gain - other);
    const counts: [number, number][] = [[time, count]];
    for (const [at, change] of changes) {
      count += change;
      if (change > 0) counts.push([at, count]);
    }
    return counts;
  }
}

const sorted = (values: Map<string, Seen>): Map<string, Seen> =>
  new Map([...values].sort(([, left], [, right]) => left.time - right.time));

const spellsOf = (seen: Seen): readonly Spell[] => (seen.earlier === undefined ? [seen] : [...seen.earlier, seen]);

/** Adds a late time to the spells of a value, and joins those that it brings together. */
function join(seen: Seen, time: number, spanMs: number): void {
  const spells = [
    ...spellsOf(seen).map(({ startTime, time: end }) => ({ startTime, time: end })),
    { startTime: time, time },
  ];
  spells.sort((left, right) => left.startTime - right.startTime);
  const joined: Spell[] = [];
  for (const spell of spells) {
    const last = joined.at(-1);
    if (last === undefined || spell.startTime - last.time > spanMs) joined.push(spell);
    else last.time = Math.max(last.time, spell.time);
  }
  const newest = joined.pop() ?? { startTime: time, time };
  seen.startTime = newest.startTime;
  seen.time = newest.time;
  seen.earlier = joined.length === 0 ? undefined : joined;
}
