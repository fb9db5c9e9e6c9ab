import type { Measure } from "./correlation.ts";
import { holdsAll } from "./bounds.ts";
import { LATE, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

interface Sample {
  readonly time: number;
  readonly value: string;
  readonly number: number;
  readonly eventId: string;
}

/** The values of the newest window and what they come to. Late events count while they fall into it. */
export class NumberWindow implements GroupWindow {
  dropped = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  readonly #measure: Measure;
  /** Oldest first, from `#head` on. */
  #samples: Sample[] = [];
  #head = 0;
  #sum = 0;
  /** In ascending order; kept for ranks only. */
  readonly #sorted: number[] = [];
  readonly #counts = new Map<string, number>();

  constructor(settings: WindowSettings, measure: Measure) {
    this.#settings = settings;
    this.#measure = measure;
  }

  get size(): number {
    return this.#samples.length - this.#head;
  }

  add(time: number, eventId: string, value: string): WindowReading {
    const { spanMs, latenessMs, bounds } = this.#settings;
    if (time <= this.newestTime - spanMs || time < this.newestTime - latenessMs) return LATE;
    const sample: Sample = { time, value, number: Number(value), eventId };
    this.#insert(sample);
    this.newestTime = Math.max(time, this.newestTime);
    this.#prune();
    const count = this.#read(value);
    const satisfied = holdsAll(bounds, count);
    const ids = this.#samples.slice(Math.max(this.#head, this.#samples.length - this.#settings.eventIdsMax));
    return {
      late: false,
      satisfied,
      isNewest: true,
      count,
      firstTime: this.#samples[this.#head]?.time ?? time,
      lastTime: this.newestTime,
      eventIds: satisfied ? ids.map((one) => one.eventId) : [],
    };
  }

  #read(value: string): number {
    const { size } = this;
    switch (this.#measure.kind) {
      case "sum":
        return this.#sum;
      case "avg":
        return this.#sum / size;
      case "median":
        return ((this.#sorted[(size - 1) >> 1] ?? 0) + (this.#sorted[size >> 1] ?? 0)) / 2;
      case "percentile": {
        const rank = Math.max(1, Math.ceil((this.#measure.percentile / 100) * size));
        return this.#sorted[rank - 1] ?? 0;
      }
      case "share":
        return (100 * (this.#counts.get(value) ?? 0)) / size;
    }
  }

  #insert(sample: Sample): void {
    let at = this.#samples.length;
    while (at > this.#head && (this.#samples[at - 1]?.time ?? 0) > sample.time) at -= 1;
    if (at === this.#samples.length) this.#samples.push(sample);
    else this.#samples.splice(at, 0, sample);
    this.#sum += sample.number;
    if (this.#isRanked) this.#sorted.splice(this.#rankOf(sample.number), 0, sample.number);
    if (this.#measure.kind === "share") this.#counts.set(sample.value, (this.#counts.get(sample.value) ?? 0) + 1);
  }

  #prune(): void {
    const { spanMs, capacity } = this.#settings;
    const from = this.newestTime - spanMs;
    for (let oldest = this.#samples[this.#head]; oldest !== undefined; oldest = this.#samples[this.#head]) {
      const isOpen = oldest.time > from;
      if (isOpen && this.size <= capacity) break;
      if (isOpen) this.dropped += 1;
      this.#forget(oldest);
    }
    if (this.#head < 64 || this.#head * 2 < this.#samples.length) return;
    this.#samples = this.#samples.slice(this.#head);
    this.#head = 0;
    // adding and taking away rounds; from time to time the sum is made anew
    this.#sum = this.#samples.reduce((sum, { number }) => sum + number, 0);
  }

  #forget(sample: Sample): void {
    this.#head += 1;
    this.#sum = this.size === 0 ? 0 : this.#sum - sample.number;
    if (this.#isRanked) this.#sorted.splice(this.#rankOf(sample.number), 1);
    if (this.#measure.kind !== "share") return;
    const left = (this.#counts.get(sample.value) ?? 1) - 1;
    if (left === 0) this.#counts.delete(sample.value);
    else this.#counts.set(sample.value, left);
  }

  get #isRanked(): boolean {
    return this.#measure.kind === "median" || this.#measure.kind === "percentile";
  }

  /** Where the number stands, or would stand, among the sorted. */
  #rankOf(number: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether a text can be summed and ranked. */
export const isNumberText = (text: string): boolean =>
  text.trim() !== "" && text.length <= 64 && Number.isFinite(Number(text));
