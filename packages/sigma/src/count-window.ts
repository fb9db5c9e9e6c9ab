import { holdsAll } from "./bounds.ts";
import { EventRing } from "./event-ring.ts";
import { LATE, WindowCount, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

/** Counts events. Keeps their times in order, so that a late event is judged by every window it falls into. */
export class CountWindow implements GroupWindow {
  dropped = 0;
  readonly #settings: WindowSettings;
  readonly #events = new EventRing();
  /** How many of the oldest are no longer in the newest window. */
  #past = 0;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#events.size;
  }

  get newestTime(): number {
    return this.#events.newestTime;
  }

  add(time: number, eventId: string): WindowReading {
    const { latenessMs, spanMs } = this.#settings;
    const { newestTime } = this.#events;
    if (time < newestTime - latenessMs) return LATE;
    const at = this.#events.insert(time, eventId);
    if (time < newestTime && (at < this.#past || time <= newestTime - spanMs)) this.#past += 1;
    const gone = this.#prune();
    if (time < newestTime) return at < gone ? LATE : this.#judge(at - gone);
    const end = this.size - 1;
    return this.#reading(this.#past, end, holdsAll(this.#settings.bounds, end - this.#past + 1));
  }

  /** Lets go of what no window can need. @returns how many entries went */
  #prune(): number {
    const { spanMs, latenessMs, capacity } = this.#settings;
    const events = this.#events;
    const from = events.newestTime - spanMs;
    while (this.#past < events.size && events.timeAt(this.#past) <= from) this.#past += 1;
    let gone = 0;
    while (gone < this.#past && events.timeAt(gone) <= from - latenessMs) gone += 1;
    const over = events.size - gone - capacity;
    if (over > 0) {
      this.dropped += Math.max(0, gone + over - this.#past);
      gone += over;
    }
    events.dropOldest(gone);
    this.#past = Math.max(0, this.#past - gone);
    return gone;
  }

  /** Judges every window that ends at the event or at a later one within the span, oldest first. */
  #judge(at: number): WindowReading {
    const { spanMs, bounds } = this.#settings;
    const events = this.#events;
    const until = events.timeAt(at) + spanMs;
    const first = events.firstAfter(events.timeAt(at) - spanMs);
    let start = first;
    for (let end = at; end < events.size; end++) {
      const endTime = events.timeAt(end);
      if (endTime >= until) break;
      while (events.timeAt(start) <= endTime - spanMs) start += 1;
      if (holdsAll(bounds, end - start + 1)) return this.#reading(start, end, true);
    }
    return this.#reading(first, at, false);
  }

  #reading(start: number, end: number, satisfied: boolean): WindowReading {
    const isNewest = end === this.size - 1;
    const firstTime = this.#events.timeAt(start);
    const lastTime = this.#events.timeAt(end);
    return new WindowCount({ satisfied, isNewest, count: end - start + 1, firstTime, lastTime }, this, start, end);
  }

  idsOf(start: number, end: number): readonly string[] {
    const from = Math.max(start, end + 1 - this.#settings.eventIdsMax);
    return Array.from({ length: end + 1 - from }, (_, index) => this.#events.idAt(from + index));
  }
}
