/** Entries in the order of their times, those of one time in the order they came. The oldest go first. */
export class Timeline<T extends { readonly time: number }> {
  #entries: T[] = [];
  #head = 0;

  get size(): number {
    return this.#entries.length - this.#head;
  }

  get newestTime(): number {
    return this.#entries.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
  }

  /** @param place 0 is the oldest */
  at(place: number): T | undefined {
    return place < 0 ? undefined : this.#entries[this.#head + place];
  }

  get oldest(): T | undefined {
    return this.#entries[this.#head];
  }

  /** @returns its place */
  insert(entry: T): number {
    const place = entry.time >= this.newestTime ? this.size : this.firstAfter(entry.time);
    if (place === this.size) this.#entries.push(entry);
    else this.#entries.splice(this.#head + place, 0, entry);
    return place;
  }

  /** The place of the first entry later than `time`; the size when there is none. */
  firstAfter(time: number): number {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.time ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low - this.#head;
  }

  dropOldest(): T | undefined {
    const oldest = this.oldest;
    if (oldest === undefined) return undefined;
    this.#head += 1;
    if (this.#head >= 64 && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return oldest;
  }

  remove(place: number, count: number): void {
    this.#entries.splice(this.#head + place, count);
  }

  slice(from: number, to = this.size): readonly T[] {
    return this.#entries.slice(this.#head + from, this.#head + to);
  }
}
