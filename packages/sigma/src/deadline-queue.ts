interface Entry<T> {
  readonly time: number;
  readonly item: T;
}

/** What is due first comes out first: a binary heap. */
export class DeadlineQueue<T> {
  readonly #heap: Entry<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(time: number, item: T): void {
    const heap = this.#heap;
    const entry = { time, item };
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || parent.time <= time) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  /** Forgets the entries that need not be asked about any more. */
  retain(isWanted: (item: T, time: number) => boolean): void {
    const wanted = this.#heap.splice(0).filter(({ item, time }) => isWanted(item, time));
    for (const { time, item } of wanted) this.push(time, item);
  }

  /** Takes out what is due first, if its time has come. */
  pop(now: number): Entry<T> | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.time > now) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  /** Puts an entry at the top and lets it sink to its place. */
  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let childAt = at * 2 + 1;
      const right = heap[childAt + 1];
      let child = heap[childAt];
      if (right !== undefined && child !== undefined && right.time < child.time) {
        child = right;
        childAt += 1;
      }
      if (child === undefined || child.time >= entry.time) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = entry;
  }
}
