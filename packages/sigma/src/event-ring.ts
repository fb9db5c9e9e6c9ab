/**
 * Events in the order of their times, those of one time in the order they came: the time, a number that is theirs, and the
 * id. They lie in rings whose length is a power of two, the numbers bare: what comes and goes moves nothing else and makes
 * no object that lives long.
 */
export class EventRing {
  size = 0;
  /** Time and value by turns. Not whole from the start, so that they are never kept as small integers. */
  #numbers: number[] = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
  #ids: string[] = ["", "", "", ""];
  #head = 0;

  /** Minus infinity when there is none. */
  get newestTime(): number {
    return this.size === 0 ? Number.NEGATIVE_INFINITY : this.timeAt(this.size - 1);
  }

  /** @param place 0 is the oldest */
  timeAt(place: number): number {
    return this.#numbers[2 * this.#at(place)] ?? 0;
  }

  valueAt(place: number): number {
    return this.#numbers[2 * this.#at(place) + 1] ?? 0;
  }

  idAt(place: number): string {
    return this.#ids[this.#at(place)] ?? "";
  }

  /** @returns the place of the event */
  insert(time: number, eventId: string, value = 0): number {
    if (this.size === this.#ids.length) this.#grow();
    let place = this.size;
    this.size += 1;
    for (; place > 0 && this.timeAt(place - 1) > time; place--) {
      this.#put(place, this.timeAt(place - 1), this.idAt(place - 1), this.valueAt(place - 1));
    }
    this.#put(place, time, eventId, value);
    return place;
  }

  dropOldest(count = 1): void {
    this.#head = this.#at(count);
    this.size -= count;
  }

  /** Place of the first event later than `time`; the size when there is none. */
  firstAfter(time: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.timeAt(middle) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many have this value: bare numbers side by side are sooner counted than kept in a table. */
  countOf(value: number): number {
    let count = 0;
    for (let place = 0; place < this.size; place++) if (this.valueAt(place) === value) count += 1;
    return count;
  }

  #at(place: number): number {
    return (this.#head + place) & (this.#ids.length - 1);
  }

  #put(place: number, time: number, eventId: string, value: number): void {
    const at = this.#at(place);
    this.#numbers[2 * at] = time;
    this.#numbers[2 * at + 1] = value;
    this.#ids[at] = eventId;
  }

  #grow(): void {
    const length = 2 * this.size;
    const numbers: number[] = [];
    const ids: string[] = [];
    // one by one: a large array that is made at once is kept as a slow map
    for (let place = 0; place < length; place++) {
      const isThere = place < this.size;
      numbers.push(isThere ? this.timeAt(place) : 0.5, isThere ? this.valueAt(place) : 0.5);
      ids.push(isThere ? this.idAt(place) : "");
    }
    this.#numbers = numbers;
    this.#ids = ids;
    this.#head = 0;
  }
}
