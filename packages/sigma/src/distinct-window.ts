import { holdsAll } from "./bounds.ts";
import { LATE, WindowCount, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

/** A stretch in which a value came again within the span: it counts in every window that ends from its start to a span after its end. */
interface Spell {
  startTime: number;
  time: number;
}

interface Seen extends Spell {
  readonly value: string;
  eventId: string;
  /** Spells before, oldest first, as far back as a late event may ask. */
  earlier: Spell[] | undefined;
  line: Line | undefined;
  older: Seen | undefined;
  newer: Seen | undefined;
}

/** Values in the order of their last times. A linked list: a value that comes again goes to its end without a new entry. */
class Line {
  size = 0;
  oldest: Seen | undefined;
  #newest: Seen | undefined;
  /** false when a late event was put at the end */
  #isSorted = true;

  append(seen: Seen): void {
    seen.line = this;
    seen.older = this.#newest;
    seen.newer = undefined;
    if (this.#newest === undefined) this.oldest = seen;
    else this.#newest.newer = seen;
    this.#newest = seen;
    this.size += 1;
    if (seen.older !== undefined && seen.older.time > seen.time) this.#isSorted = false;
  }

  remove(seen: Seen): void {
    const { older, newer } = seen;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    seen.line = undefined;
    this.size -= 1;
  }

  sort(): void {
    if (this.#isSorted) return;
    const all = [...this].sort((left, right) => left.time - right.time);
    this.size = 0;
    this.oldest = undefined;
    this.#newest = undefined;
    this.#isSorted = true;
    for (const seen of all) this.append(seen);
  }

  *[Symbol.iterator](): Generator<Seen> {
    for (let seen = this.oldest; seen !== undefined; seen = seen.newer) yield seen;
  }
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
  readonly #values = new Map<string, Seen>();
  /** Those in the newest window. */
  readonly #open = new Line();
  /** Those that were in a window that a late event may still fall into. */
  readonly #past = new Line();
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
    const seen = this.#take(value) ?? this.#meet(value, time, eventId);
    if (time - seen.time > spanMs) {
      seen.earlier = [...(seen.earlier ?? []).slice(1 - SPELLS_MAX), { startTime: seen.startTime, time: seen.time }];
      seen.startTime = time;
    }
    seen.time = time;
    seen.eventId = eventId;
    this.#open.append(seen);
    this.#oldestTime = Math.min(this.#oldestTime, time);
    if (this.#oldestTime <= time - spanMs || this.#open.size > capacity) this.#prune();
    return this.#newest();
  }

  /** Takes a value out of its line, so that it stands last when it is put in again. */
  #take(value: string): Seen | undefined {
    const seen = this.#values.get(value);
    seen?.line?.remove(seen);
    return seen;
  }

  #meet(value: string, time: number, eventId: string): Seen {
    const links = { line: undefined, older: undefined, newer: undefined };
    const seen = { startTime: time, time, value, eventId, earlier: undefined, ...links };
    this.#values.set(value, seen);
    return seen;
  }

  #prune(): void {
    const { spanMs, latenessMs, capacity } = this.#settings;
    this.#open.sort();
    const from = this.newestTime - spanMs;
    this.#oldestTime = Number.POSITIVE_INFINITY;
    for (let seen = this.#open.oldest; seen !== undefined; seen = this.#open.oldest) {
      const isOpen = seen.time > from;
      if (isOpen && this.#open.size <= capacity) {
        this.#oldestTime = seen.time;
        break;
      }
      this.#open.remove(seen);
      if (isOpen) {
        this.dropped += 1;
        this.#values.delete(seen.value);
      } else this.#past.append(seen);
    }
    this.#past.sort();
    for (let seen = this.#past.oldest; seen !== undefined; seen = this.#past.oldest) {
      if (seen.time > from - latenessMs && this.#past.size <= capacity) break;
      this.#past.remove(seen);
      this.#values.delete(seen.value);
    }
  }

  #newest(): WindowReading {
    const count = this.#open.size;
    const satisfied = holdsAll(this.#settings.bounds, count);
    const firstTime = satisfied ? this.#firstTime() : this.newestTime;
    return new WindowCount({ satisfied, isNewest: true, count, firstTime, lastTime: this.newestTime }, this, 0, count);
  }

  #firstTime(): number {
    this.#open.sort();
    return this.#open.oldest?.time ?? this.newestTime;
  }

  /** Ids of the open values' last events, from one place to another. */
  idsOf(start: number, end: number): readonly string[] {
    this.#open.sort();
    const from = Math.max(start, end - this.#settings.eventIdsMax);
    return [...this.#open].slice(from, end).map(({ eventId }) => eventId);
  }

  #addLate(time: number, eventId: string, value: string): WindowReading {
    const { spanMs } = this.#settings;
    const known = this.#take(value);
    const wasCounted = known !== undefined && spellsOf(known).some((one) => one.startTime <= time && time <= one.time);
    const seen = known ?? this.#meet(value, time, eventId);
    if (known !== undefined) join(seen, time, spanMs);
    if (seen.time === time) seen.eventId = eventId;
    const home = seen.time > this.newestTime - spanMs ? this.#open : this.#past;
    home.append(seen);
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
    const ids = [...this.#past, ...this.#open]
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
    for (const line of [this.#past, this.#open]) {
      for (const seen of line) {
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
