import { setBit, commonBits } from "./bits.ts";
import { FieldMatcher } from "./field-matcher.ts";
import type { StepBudget } from "./regex.ts";
import type { SlotSignals } from "./signals.ts";

/** What a text raises in one slot. */
export interface Reading {
  /** Bit n is set when the signal n of the slot is up. */
  readonly bits: Uint32Array;
  /** The signals that are up and watched. */
  readonly watched: readonly number[];
}

/** A set of leaves that held for some text, in the order they were found. */
interface LeafSet {
  readonly more: Map<number, LeafSet>;
  readonly leaves: readonly number[];
  reading: Reading | undefined;
}

/** Sets of leaves whose readings are kept; texts that raise something are few kinds. */
const LEAF_SETS_MAX = 4096;

/** The signals of one slot for the record at hand. */
export class SlotState {
  readonly signals: SlotSignals;
  readonly nothing: Reading;
  /** The signals of the record's texts so far; those of {@link nothing} between records. */
  bits: Uint32Array;
  readonly #matcher: FieldMatcher;
  /** Signals that are watched, as bits. */
  readonly #watch: Uint32Array;
  /** Where several texts of a record come together. */
  readonly #union: Uint32Array;
  #root: LeafSet = emptySet();
  #sets = 0;
  #found: LeafSet = this.#root;
  readonly #raise = (leaf: number): void => {
    this.#found = this.#found.more.get(leaf) ?? this.#extend(this.#found, leaf);
  };

  constructor(signals: SlotSignals) {
    const words = (signals.signals.length + 31) >>> 5;
    this.signals = signals;
    this.nothing = { bits: new Uint32Array(words), watched: [] };
    this.bits = this.nothing.bits;
    this.#matcher = new FieldMatcher(signals.leaves);
    this.#watch = new Uint32Array(words);
    this.#union = new Uint32Array(words);
  }

  /** From now on readings name these signals, and no others, as watched. */
  watch(indexes: Iterable<number>): void {
    this.#watch.fill(0);
    for (const index of indexes) setBit(this.#watch, index);
    this.#forget();
  }

  /** What a text raises, whatever the record has raised before. */
  read(text: string, budget: StepBudget): Reading {
    this.#found = this.#root;
    this.#matcher.match(text, budget, this.#raise);
    const found = this.#found;
    if (found === this.#root) return this.nothing;
    found.reading ??= this.#readingOf(found.leaves);
    return found.reading;
  }

  /** Adds what a text of the record raised. */
  add({ bits }: Reading): void {
    if (this.bits === this.nothing.bits) this.bits = bits;
    else if (this.bits !== bits) this.#join(bits);
  }

  #join(bits: Uint32Array): void {
    if (this.bits !== this.#union) {
      this.#union.set(this.bits);
      this.bits = this.#union;
    }
    for (let word = 0; word < bits.length; word++) this.#union[word] = (this.#union[word] ?? 0) | (bits[word] ?? 0);
  }

  #extend(set: LeafSet, leaf: number): LeafSet {
    const larger: LeafSet = { more: new Map(), leaves: [...set.leaves, leaf], reading: undefined };
    if (++this.#sets <= LEAF_SETS_MAX) set.more.set(leaf, larger);
    else this.#forget();
    return larger;
  }

  #forget(): void {
    this.#root = emptySet();
    this.#sets = 0;
  }

  #readingOf(leaves: readonly number[]): Reading {
    const bits = new Uint32Array(this.#watch.length);
    for (const leaf of leaves) for (const index of this.signals.leaves[leaf]?.signals ?? []) setBit(bits, index);
    return { bits, watched: commonBits(bits, this.#watch) };
  }
}

const emptySet = (): LeafSet => ({ more: new Map(), leaves: [], reading: undefined });
