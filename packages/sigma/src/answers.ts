import { Timeline } from "./timeline.ts";

/** Answers that follow one another within the span. */
interface Stretch {
  /** of the last one */
  readonly time: number;
  readonly startTime: number;
}

/** Times of answers, each good for what came less than a span before it. Answers near one another are one entry. */
export class Answers {
  readonly #spanMs: number;
  readonly #stretches = new Timeline<Stretch>();

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  get size(): number {
    return this.#stretches.size;
  }

  get newestTime(): number {
    return this.#stretches.newestTime;
  }

  /** Whether there is one at the time or less than a span after it. */
  covers(time: number): boolean {
    const place = this.#stretches.firstAfter(time);
    const next = this.#stretches.at(place);
    if (next !== undefined && next.startTime < time + this.#spanMs) return true;
    return this.#stretches.at(place - 1)?.time === time;
  }

  add(time: number): void {
    let place = this.#stretches.firstAfter(time);
    let stretch: Stretch = { time, startTime: time };
    const after = this.#stretches.at(place);
    if (after !== undefined && after.startTime - time <= this.#spanMs) {
      stretch = { time: after.time, startTime: Math.min(after.startTime, time) };
      this.#stretches.remove(place, 1);
    }
    const before = this.#stretches.at(place - 1);
    if (before !== undefined && stretch.startTime - before.time <= this.#spanMs) {
      stretch = { time: stretch.time, startTime: before.startTime };
      this.#stretches.remove((place -= 1), 1);
    }
    this.#stretches.insert(stretch);
  }

  /** Forgets those up to the time. */
  prune(time: number): void {
    while ((this.#stretches.oldest?.time ?? Number.POSITIVE_INFINITY) <= time) this.#stretches.dropOldest();
  }
}
