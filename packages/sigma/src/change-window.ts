import { holdsAll } from "./bounds.ts";
import { Timeline } from "./timeline.ts";
import { LATE, NO_VERDICT, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

interface Sample {
  readonly time: number;
  readonly eventId: string;
  readonly number: number;
}

interface Total {
  count: number;
  sum: number;
}

/**
 * By how many percent the newest timespan differs from the one before it. Says nothing until the group has been seen for
 * two timespans: a beginning is no change.
 */
export class ChangeWindow implements GroupWindow {
  dropped = 0;
  readonly #settings: WindowSettings;
  readonly #of: "count" | "sum" | "avg";
  /** What the timespan before must come to. */
  readonly #min: number;
  readonly #samples = new Timeline<Sample>();
  readonly #before: Total = { count: 0, sum: 0 };
  readonly #now: Total = { count: 0, sum: 0 };
  #firstTime = Number.POSITIVE_INFINITY;

  constructor(settings: WindowSettings, of: "count" | "sum" | "avg", min: number) {
    this.#settings = settings;
    this.#of = of;
    this.#min = min;
  }

  get size(): number {
    return this.#samples.size;
  }

  get newestTime(): number {
    return this.#samples.newestTime;
  }

  add(time: number, eventId: string, value: string): WindowReading {
    const { spanMs, latenessMs, capacity } = this.#settings;
    const newestBefore = this.newestTime;
    if (time <= newestBefore - 2 * spanMs || time < newestBefore - latenessMs) return LATE;
    const sample: Sample = { time, eventId, number: this.#of === "count" ? 1 : Number(value) };
    this.#firstTime = Math.min(time, this.#firstTime);
    // moved over one by one when the window moves on
    if (time > newestBefore - spanMs) addTo(this.#now, sample, 1);
    else addTo(this.#before, sample, 1);
    this.#samples.insert(sample);
    this.#shift();
    while (this.size > capacity) {
      this.dropped += 1;
      this.#dropOldest();
    }
    return this.#firstTime <= this.newestTime - 2 * spanMs ? this.#read() : NO_VERDICT;
  }

  /** Lets samples go from the newest timespan to the one before it, and from that. */
  #shift(): void {
    const from = this.newestTime - this.#settings.spanMs;
    for (;;) {
      const next = this.#samples.at(this.#before.count);
      if (next === undefined || next.time > from) break;
      addTo(this.#now, next, -1);
      addTo(this.#before, next, 1);
    }
    const end = from - this.#settings.spanMs;
    while ((this.#samples.oldest?.time ?? end + 1) <= end) this.#dropOldest();
  }

  #dropOldest(): void {
    const isBefore = this.#before.count > 0;
    const oldest = this.#samples.dropOldest();
    if (oldest !== undefined) addTo(isBefore ? this.#before : this.#now, oldest, -1);
  }

  #read(): WindowReading {
    const before = this.#valueOf(this.#before);
    const now = this.#valueOf(this.#now);
    const { count, satisfied, detail } = judgeChange(before, now, this.#min, this.#settings.bounds);
    return {
      late: false,
      satisfied,
      isNewest: true,
      count,
      firstTime: this.#samples.oldest?.time ?? this.newestTime,
      lastTime: this.newestTime,
      eventIds: satisfied ? this.#newestIds() : [],
      detail,
    };
  }

  #valueOf({ count, sum }: Total): number {
    switch (this.#of) {
      case "count":
        return count;
      case "sum":
        return sum;
      case "avg":
        return count === 0 ? 0 : sum / count;
    }
  }

  #newestIds(): readonly string[] {
    const from = Math.max(this.#before.count, this.size - this.#settings.eventIdsMax);
    return this.#samples.slice(from).map(({ eventId }) => eventId);
  }
}

/** Adding and taking away rounds: an empty total is exactly nothing again. */
function addTo(total: Total, { number }: Sample, sign: 1 | -1): void {
  total.count += sign;
  total.sum = total.count === 0 ? 0 : total.sum + sign * number;
}

const round = (value: number): string => String(Number(value.toPrecision(6)));

/** A change in percent of what was before; from nothing, or from less than `min`, there is none to judge. */
export function judgeChange(before: number, now: number, min: number, bounds: WindowSettings["bounds"]) {
  const count = before === 0 ? 0 : (100 * (now - before)) / Math.abs(before);
  const satisfied = before !== 0 && Math.abs(before) >= min && holdsAll(bounds, count);
  return { count, satisfied, detail: `${round(now)} after ${round(before)}` };
}
