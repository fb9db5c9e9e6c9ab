import { holdsAll } from "./bounds.ts";
import { Timeline } from "./timeline.ts";
import { LATE, NO_VERDICT, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

interface Sample {
  readonly time: number;
  readonly eventId: string;
  readonly isPart: boolean;
}

const PART = 0;

/**
 * How many percent of the events of the whole are events of the part, in the newest window. Judged when one of the whole
 * arrives, because an event of the part is told before it is told as one of the whole.
 */
export class RatioWindow implements GroupWindow {
  dropped = 0;
  readonly #settings: WindowSettings;
  /** Events of the whole below which nothing is said. */
  readonly #min: number;
  readonly #samples = new Timeline<Sample>();
  #parts = 0;

  constructor(settings: WindowSettings, min: number) {
    this.#settings = settings;
    this.#min = min;
  }

  get size(): number {
    return this.#samples.size;
  }

  get newestTime(): number {
    return this.#samples.newestTime;
  }

  add(time: number, eventId: string, _value: string, rule: number): WindowReading {
    const { spanMs, latenessMs } = this.#settings;
    if (time <= this.newestTime - spanMs || time < this.newestTime - latenessMs) return LATE;
    this.#samples.insert({ time, eventId, isPart: rule === PART });
    if (rule === PART) this.#parts += 1;
    this.#prune();
    return rule === PART ? NO_VERDICT : this.#read();
  }

  #prune(): void {
    const { spanMs, capacity } = this.#settings;
    const from = this.newestTime - spanMs;
    for (let oldest = this.#samples.oldest; oldest !== undefined; oldest = this.#samples.oldest) {
      const isOpen = oldest.time > from;
      if (isOpen && this.size <= capacity) return;
      if (isOpen) this.dropped += 1;
      if (oldest.isPart) this.#parts -= 1;
      this.#samples.dropOldest();
    }
  }

  #read(): WindowReading {
    const whole = this.size - this.#parts;
    const count = whole === 0 ? 0 : (100 * this.#parts) / whole;
    const satisfied = whole >= this.#min && holdsAll(this.#settings.bounds, count);
    const newest = satisfied ? this.#samples.slice(0).filter(({ isPart }) => isPart) : [];
    return {
      late: false,
      satisfied,
      isNewest: true,
      count,
      firstTime: this.#samples.oldest?.time ?? this.newestTime,
      lastTime: this.newestTime,
      eventIds: newest.slice(-this.#settings.eventIdsMax).map(({ eventId }) => eventId),
      detail: `${this.#parts} of ${whole}`,
    };
  }
}
