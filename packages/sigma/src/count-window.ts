import { holdsAll } from "./bounds.ts";
import { LATE, WindowCount, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

/**
 * Counts events. Keeps their times in order, so that a late event is judged by every window it falls into. Times and ids
 * lie in rings, whose length is a power of two: what comes and goes moves nothing else.
 */
export class CountWindow implements GroupWindow {
  dropped = 0;
  size = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  #times: number[] = [0, 0, 0, 0];
  #ids: string[] = ["", "", "", ""];
  #head = 0;
  /** How many of the oldest are no longer in the newest window. */
  #past = 0;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
  }

  add(time: number, eventId: string): WindowReading {
    const { latenessMs } = this.#settings;
    if (time < this.newestTime - latenessMs) return LATE;
    if (this.size === this.#times.length) this.#grow();
    if (time < this.newestTime) return this.#addLate(time, eventId);
    this.newestTime = time;
    this.#put(this.size, time, eventId);
    this.size += 1;
    this.#prune();
    const end = this.size - 1;
    return this.#reading(this.#past, end, holdsAll(this.#settings.bounds, end - this.#past + 1));
  }

  #addLate(time: number, eventId: string): WindowReading {
    const at = this.#firstAfter(time);
    for (let place = this.size; place > at; place--) this.#put(place, this.#timeAt(place - 1), this.#idAt(place - 1));
    this.#put(at, time, eventId);
    this.size += 1;
    if (at < this.#past || time <= this.newestTime - this.#settings.spanMs) this.#past += 1;
    const gone = this.#prune();
    return at < gone ? LATE : this.#judge(at - gone);
  }

  #timeAt(place: number): number {
    return this.#times[(this.#head + place) & (this.#times.length - 1)] ?? 0;
  }

  #idAt(place: number): string {
    return this.#ids[(this.#head + place) & (this.#ids.length - 1)] ?? "";
  }

  #put(place: number, time: number, eventId: string): void {
    const at = (this.#head + place) & (this.#times.length - 1);
    this.#times[at] = time;
    this.#ids[at] = eventId;
  }

  #grow(): void {
    const length = 2 * this.#times.length;
    const times: number[] = [];
    const ids: string[] = [];
    // one by one: a large array that is made at once is kept as a slow map
    for (let place = 0; place < length; place++) {
      times.push(place < this.size ? this.#timeAt(place) : 0);
      ids.push(place < this.size ? this.#idAt(place) : "");
    }
    this.#times = times;
    this.#ids = ids;
    this.#head = 0;
  }

  /** Place of the first entry later than `time`. */
  #firstAfter(time: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#timeAt(middle) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lets go of what no window can need. @returns how many entries went */
  #prune(): number {
    const { spanMs, latenessMs, capacity } = this.#settings;
    const from = this.newestTime - spanMs;
    while (this.#past < this.size && this.#timeAt(this.#past) <= from) this.#past += 1;
    let gone = 0;
    while (gone < this.#past && this.#timeAt(gone) <= from - latenessMs) gone += 1;
    const over = this.size - gone - capacity;
    if (over > 0) {
      this.dropped += Math.max(0, gone + over - this.#past);
      gone += over;
    }
    this.#head = (this.#head + gone) & (this.#times.length - 1);
    this.#past = Math.max(0, this.#past - gone);
    this.size -= gone;
    return gone;
  }

  /** Judges every window that ends at the event or at a later one within the span, oldest first. */
  #judge(at: number): WindowReading {
    const { spanMs, bounds } = this.#settings;
    const until = this.#timeAt(at) + spanMs;
    const first = this.#firstAfter(this.#timeAt(at) - spanMs);
    let start = first;
    for (let end = at; end < this.size; end++) {
      const endTime = this.#timeAt(end);
      if (endTime >= until) break;
      while (this.#timeAt(start) <= endTime - spanMs) start += 1;
      if (holdsAll(bounds, end - start + 1)) return this.#reading(start, end, true);
    }
    return this.#reading(first, at, false);
  }

  #reading(start: number, end: number, satisfied: boolean): WindowReading {
    const isNewest = end === this.size - 1;
    const firstTime = this.#timeAt(start);
    const lastTime = this.#timeAt(end);
    return new WindowCount({ satisfied, isNewest, count: end - start + 1, firstTime, lastTime }, this, start, end);
  }

  idsOf(start: number, end: number): readonly string[] {
    const from = Math.max(start, end + 1 - this.#settings.eventIdsMax);
    return Array.from({ length: end + 1 - from }, (_, index) => this.#idAt(from + index));
  }
}
