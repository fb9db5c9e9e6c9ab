/** How many values are remembered, and how long their texts may be. */
export interface MemoSize {
  readonly entriesMax: number;
  readonly charsMax: number;
}

/** Longer texts are seldom the same twice. */
export const MANY_SHORT: MemoSize = { entriesMax: 1024, charsMax: 256 };
/** After a round in which fewer than one in so many look-ups hit, nothing is kept for a while. */
const WORTH_ONE_IN = 4;
const PAUSE_ROUNDS = 32;

/**
 * What was found out about a value, remembered: most fields of a log hold few different values. Where they do not,
 * remembering stops by itself, so that a stream of ever new values costs no more than looking at them.
 */
export class ValueMemo<Found> {
  #known = new Map<unknown, Found>();
  #lookups = 0;
  #hits = 0;
  #paused = 0;
  readonly #size: MemoSize;

  constructor(size: MemoSize = MANY_SHORT) {
    this.#size = size;
  }

  get(value: unknown): Found | undefined {
    if (this.#paused > 0) {
      this.#paused -= 1;
      return undefined;
    }
    if (typeof value === "string" && value.length > this.#size.charsMax) return undefined;
    this.#lookups += 1;
    const found = this.#known.get(value);
    if (found !== undefined) this.#hits += 1;
    return found;
  }

  set(value: unknown, found: Found): void {
    if (this.#paused > 0 || (typeof value === "string" && value.length > this.#size.charsMax)) return;
    if (this.#known.size >= this.#size.entriesMax) {
      if (this.#hits * WORTH_ONE_IN < this.#lookups) this.#paused = PAUSE_ROUNDS * this.#size.entriesMax;
      this.clear();
    }
    this.#known.set(value, found);
  }

  clear(): void {
    this.#known = new Map();
    this.#lookups = 0;
    this.#hits = 0;
  }
}
