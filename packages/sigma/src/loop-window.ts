import { holdsAll } from "./bounds.ts";
import { EventRing } from "./event-ring.ts";
import { LATE, NO_IDS, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

const NO_REPEATS = { length: 0, count: 0 };

/**
 * How often the newest steps repeat a cycle, without anything else in between. `lengths` are the cycles looked for: 1 is
 * the same step again and again, 2 two that take turns. A cycle counts by its shortest form: A B A B is one of 2, not of 4.
 */
export class LoopWindow implements GroupWindow {
  dropped = 0;
  readonly #settings: WindowSettings;
  readonly #lengths: readonly number[];
  readonly #capacity: number;
  readonly #steps = new EventRing();
  /** For each distance up to the longest cycle: how many of the newest steps equal the step that far before them. */
  readonly #runs: number[];

  constructor(settings: WindowSettings, lengths: readonly number[]) {
    const longest = Math.max(...lengths);
    this.#settings = settings;
    this.#lengths = lengths;
    this.#runs = Array.from({ length: longest + 1 }, () => 0);
    // no repeat further back decides anything
    this.#capacity = longest * (Math.max(...settings.bounds.map(({ value }) => value)) + 2);
  }

  get size(): number {
    return this.#steps.size;
  }

  get newestTime(): number {
    return this.#steps.newestTime;
  }

  add(time: number, eventId: string, _value: string, _rule: number, hash: number): WindowReading {
    const { spanMs, latenessMs } = this.#settings;
    const { newestTime } = this;
    if (time <= newestTime - spanMs || time < newestTime - latenessMs) return LATE;
    const place = this.#steps.insert(time, eventId, hash);
    if (place === this.size - 1) this.#extendRuns(place);
    else this.#countRuns();
    while (this.size > this.#capacity || this.#steps.timeAt(0) <= this.newestTime - spanMs) this.#steps.dropOldest();
    return this.#read();
  }

  #extendRuns(place: number): void {
    const hash = this.#steps.valueAt(place);
    for (let distance = 1; distance < this.#runs.length; distance++) {
      const repeats = place >= distance && this.#steps.valueAt(place - distance) === hash;
      this.#runs[distance] = repeats ? (this.#runs[distance] ?? 0) + 1 : 0;
    }
  }

  /** Anew, after a step arrived late. */
  #countRuns(): void {
    this.#runs.fill(0);
    for (let place = 0; place < this.size; place++) this.#extendRuns(place);
  }

  #read(): WindowReading {
    let best = NO_REPEATS;
    for (const length of this.#lengths) {
      const count = this.#repeatsOf(length);
      if (count > best.count) best = { length, count };
    }
    const satisfied = holdsAll(this.#settings.bounds, best.count);
    const first = satisfied ? Math.max(0, this.size - best.length * best.count) : this.size - 1;
    return {
      late: false,
      satisfied,
      isNewest: true,
      count: best.count,
      firstTime: this.#steps.timeAt(first),
      lastTime: this.newestTime,
      eventIds: satisfied ? this.#idsFrom(Math.max(first, this.size - this.#settings.eventIdsMax)) : NO_IDS,
      detail: String(best.length),
    };
  }

  #idsFrom(first: number): string[] {
    return Array.from({ length: this.size - first }, (_, index) => this.#steps.idAt(first + index));
  }

  /** How often the newest steps are the same cycle of this length, at least once; 0 when it is made of shorter ones. */
  #repeatsOf(length: number): number {
    const inWindow = (distance: number): number => Math.min(this.#runs[distance] ?? 0, this.size - distance);
    for (let shorter = 1; shorter < length; shorter++) {
      if (length % shorter === 0 && inWindow(shorter) >= length - shorter) return 0;
    }
    return this.size < length ? 0 : Math.floor(Math.max(0, inWindow(length)) / length) + 1;
  }
}
