import { holdsAll } from "./bounds.ts";
import { EventRing } from "./event-ring.ts";
import { LATE, NO_IDS, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

/** How often the step at hand was made in the newest window, whatever came in between. */
export class RepeatWindow implements GroupWindow {
  dropped = 0;
  readonly #settings: WindowSettings;
  readonly #steps = new EventRing();
  /** When a step was last said to be repeated, so that several that take turns are each said once in a span. */
  #saidTimes: Map<number, number> | undefined;

  constructor(settings: WindowSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#steps.size;
  }

  get newestTime(): number {
    return this.#steps.newestTime;
  }

  add(time: number, eventId: string, _value: string, _rule: number, hash: number): WindowReading {
    const { spanMs, latenessMs, bounds } = this.#settings;
    const { newestTime } = this;
    if (time <= newestTime - spanMs || time < newestTime - latenessMs) return LATE;
    this.#steps.insert(time, eventId, hash);
    this.#prune();
    const count = this.#steps.countOf(hash);
    // written out, because to copy an object and then add to it costs more than all else here
    const lastTime = this.newestTime;
    if (!holdsAll(bounds, count) || !this.#isNews(hash))
      return { late: false, satisfied: false, isNewest: true, count, firstTime: lastTime, lastTime, eventIds: NO_IDS };
    const places = Array.from({ length: this.size }, (_, place) => place).filter(
      (place) => this.#steps.valueAt(place) === hash,
    );
    const eventIds = places.slice(-this.#settings.eventIdsMax).map((place) => this.#steps.idAt(place));
    const firstTime = this.#steps.timeAt(places[0] ?? 0);
    return { late: false, satisfied: true, isNewest: true, count, firstTime, lastTime, eventIds };
  }

  #isNews(hash: number): boolean {
    const saidTimes = (this.#saidTimes ??= new Map());
    const saidTime = saidTimes.get(hash);
    if (saidTime !== undefined && this.newestTime - saidTime < this.#settings.spanMs) return false;
    saidTimes.set(hash, this.newestTime);
    return true;
  }

  #prune(): void {
    const { spanMs, capacity } = this.#settings;
    const steps = this.#steps;
    const from = steps.newestTime - spanMs;
    while (steps.size > 0) {
      const isOpen = steps.timeAt(0) > from;
      if (isOpen && steps.size <= capacity) return;
      if (isOpen) this.dropped += 1;
      const hash = steps.valueAt(0);
      steps.dropOldest();
      if (this.#saidTimes?.has(hash) === true && steps.countOf(hash) === 0) this.#saidTimes.delete(hash);
    }
  }
}
