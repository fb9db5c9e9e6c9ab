import { holdsAll } from "./bounds.ts";
import { Timeline } from "./timeline.ts";
import { LATE, NO_IDS, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

interface Step {
  readonly time: number;
  readonly eventId: string;
  readonly value: string;
}

/** How often the step at hand was made in the newest window, whatever came in between. */
export class RepeatWindow implements GroupWindow {
  dropped = 0;
  readonly #settings: WindowSettings;
  readonly #steps = new Timeline<Step>();
  readonly #counts = new Map<string, number>();
  /** When a value was last said to be repeated, so that several that take turns are each said once in a span. */
  readonly #saidTimes = new Map<string, number>();

  constructor(settings: WindowSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#steps.size;
  }

  get newestTime(): number {
    return this.#steps.newestTime;
  }

  add(time: number, eventId: string, value: string): WindowReading {
    const { spanMs, latenessMs, bounds } = this.#settings;
    if (time <= this.newestTime - spanMs || time < this.newestTime - latenessMs) return LATE;
    this.#steps.insert({ time, eventId, value });
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
    this.#prune();
    const count = this.#counts.get(value) ?? 0;
    // written out, because to copy an object and then add to it costs more than all else here
    const lastTime = this.newestTime;
    if (!holdsAll(bounds, count) || !this.#isNews(value))
      return { late: false, satisfied: false, isNewest: true, count, firstTime: lastTime, lastTime, eventIds: NO_IDS };
    const steps = this.#steps.slice(0).filter((step) => step.value === value);
    const eventIds = steps.slice(-this.#settings.eventIdsMax).map((step) => step.eventId);
    const firstTime = steps[0]?.time ?? lastTime;
    return { late: false, satisfied: true, isNewest: true, count, firstTime, lastTime, eventIds };
  }

  #isNews(value: string): boolean {
    const saidTime = this.#saidTimes.get(value);
    if (saidTime !== undefined && this.newestTime - saidTime < this.#settings.spanMs) return false;
    this.#saidTimes.set(value, this.newestTime);
    return true;
  }

  #prune(): void {
    const { spanMs, capacity } = this.#settings;
    const from = this.newestTime - spanMs;
    for (let oldest = this.#steps.oldest; oldest !== undefined; oldest = this.#steps.oldest) {
      const isOpen = oldest.time > from;
      if (isOpen && this.size <= capacity) return;
      if (isOpen) this.dropped += 1;
      this.#steps.dropOldest();
      this.#forget(oldest.value);
    }
  }

  #forget(value: string): void {
    const left = (this.#counts.get(value) ?? 1) - 1;
    if (left > 0) {
      this.#counts.set(value, left);
      return;
    }
    this.#counts.delete(value);
    this.#saidTimes.delete(value);
  }
}
