const BUCKETS = 10;

interface Bucket {
  readonly slot: number;
  total: number;
  failed: number;
}

/** The share of failures in a sliding window, counted in tenths of it. */
export class FailureShare {
  readonly #bucketMs: number;
  readonly #minimum: number;
  #buckets: Bucket[] = [];

  constructor(windowMs: number, minimum: number) {
    this.#bucketMs = windowMs / BUCKETS;
    this.#minimum = minimum;
  }

  /** @returns the share in percent, this outcome included; 0 while there are too few */
  count(failed: boolean, now: number): number {
    const slot = Math.floor(now / this.#bucketMs);
    this.#buckets = this.#buckets.filter((bucket) => bucket.slot > slot - BUCKETS && bucket.slot <= slot);
    let newest = this.#buckets.at(-1);
    if (newest?.slot !== slot) this.#buckets.push((newest = { slot, total: 0, failed: 0 }));
    newest.total += 1;
    if (failed) newest.failed += 1;
    const total = this.#buckets.reduce((sum, bucket) => sum + bucket.total, 0);
    const failures = this.#buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
    return total < this.#minimum ? 0 : (failures * 100) / total;
  }

  clear(): void {
    this.#buckets = [];
  }
}
