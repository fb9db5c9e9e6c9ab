import { judgeChange } from "./change-window.ts";
import { Timeline } from "./timeline.ts";
import { LATE, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

interface Sample {
  readonly time: number;
  readonly eventId: string;
  readonly number: number;
}

/**
 * By how many percent the newest number lies below the highest, or above the lowest, of the timespan. Of the numbers
 * only those are kept that may still be the highest (lowest) when older ones are gone.
 */
export class LevelWindow implements GroupWindow {
  dropped = 0;
  readonly #settings: WindowSettings;
  readonly #min: number;
  /** 1 when falls are looked for: peaks count; -1 for rises. */
  readonly #sign: 1 | -1;
  /** In order of time, and each beyond those after it. The last is the newest. */
  readonly #extremes = new Timeline<Sample>();

  constructor(settings: WindowSettings, min: number) {
    this.#settings = settings;
    this.#min = min;
    this.#sign = settings.bounds.every(({ operator }) => operator === "lt" || operator === "lte") ? 1 : -1;
  }

  get size(): number {
    return this.#extremes.size;
  }

  get newestTime(): number {
    return this.#extremes.newestTime;
  }

  add(time: number, eventId: string, value: string): WindowReading {
    const { spanMs, latenessMs } = this.#settings;
    if (time <= this.newestTime - spanMs || time < this.newestTime - latenessMs) return LATE;
    this.#insert({ time, eventId, number: Number(value) });
    while ((this.#extremes.oldest?.time ?? time) <= this.newestTime - spanMs) this.#extremes.dropOldest();
    while (this.size > this.#settings.capacity) {
      this.dropped += 1;
      this.#extremes.remove(1, 1);
    }
    return this.#read();
  }

  #insert(sample: Sample): void {
    let place = this.#extremes.firstAfter(sample.time);
    const after = this.#extremes.at(place);
    if (after !== undefined && this.#sign * after.number >= this.#sign * sample.number) return;
    for (;;) {
      const before = this.#extremes.at(place - 1);
      if (before === undefined || this.#sign * before.number > this.#sign * sample.number) break;
      this.#extremes.remove((place -= 1), 1);
    }
    this.#extremes.insert(sample);
  }

  #read(): WindowReading {
    const newest = this.#extremes.at(this.size - 1);
    const extreme = this.#extremes.oldest;
    const before = extreme?.number ?? 0;
    const now = newest?.number ?? 0;
    const { count, satisfied, detail } = judgeChange(before, now, this.#min, this.#settings.bounds);
    return {
      late: false,
      satisfied,
      isNewest: true,
      count,
      firstTime: extreme?.time ?? this.newestTime,
      lastTime: this.newestTime,
      eventIds: satisfied ? [...new Set([extreme?.eventId ?? "", newest?.eventId ?? ""])] : [],
      detail,
    };
  }
}
