import { setBit, commonBits } from "./bits.ts";
import { FieldMatcher } from "./field-matcher.ts";
import { AhoCorasick } from "./aho-corasick.ts";
import type { StepBudget } from "./regex.ts";
import { literalCharsMin, type SlotSignals } from "./signals.ts";
import { foldText } from "./text.ts";

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
  /** No signal. */
  readonly none: Uint32Array;
  /** The signals of the record's texts so far; {@link none} between records. */
  bits: Uint32Array;
  /** Made when the first text comes: of the fields that rules name, most logs have few. */
  #matcher: FieldMatcher | undefined;
  /** Signals that are watched, as bits. */
  readonly #watch: Uint32Array;
  /** Where several texts of a record come together. */
  readonly #union: Uint32Array;
  #root: LeafSet = emptySet();
  #sets = 0;
  #found: LeafSet = this.#root;
  /** What a field raises that is there, and for whose texts no leaf holds. */
  least: Reading;

  constructor(signals: SlotSignals) {
    const words = (signals.signals.length + 31) >>> 5;
    this.signals = signals;
    this.none = new Uint32Array(words);
    this.bits = this.none;
    this.least = { bits: this.none, watched: [] };
    this.#watch = new Uint32Array(words);
    this.#union = new Uint32Array(words);
  }

  /** From now on readings name these signals, and no others, as watched. */
  watch(indexes: Iterable<number>): void {
    this.#watch.fill(0);
    for (const index of indexes) setBit(this.#watch, index);
    this.#forget();
    if (this.signals.presence !== undefined) this.least = this.#readingOf([]);
  }

  /** What a text raises, whatever the record has raised before. */
  read(text: string, budget: StepBudget): Reading {
    if (this.signals.leaves.length === 0) return this.least;
    const folded = foldText(text);
    const matcher = this.#begin(text, folded, budget);
    matcher.finder?.scan(folded, matcher);
    return this.#end(matcher);
  }

  /** What a text raises here and in another slot. */
  readWith(other: SlotState, text: string, budget: StepBudget): readonly [Reading, Reading] {
    const folded = foldText(text);
    const own = this.#begin(text, folded, budget);
    const others = other.#begin(text, folded, budget);
    if (own.finder instanceof AhoCorasick && others.finder instanceof AhoCorasick) {
      AhoCorasick.scanBoth(folded, own.finder, own, others.finder, others);
    } else {
      own.finder?.scan(folded, own);
      others.finder?.scan(folded, others);
    }
    return [this.#end(own), other.#end(others)];
  }

  #begin(text: string, folded: string, budget: StepBudget): FieldMatcher {
    this.#found = this.#root;
    const matcher = (this.#matcher ??= this.#createMatcher());
    matcher.begin(text, folded, budget);
    return matcher;
  }

  #createMatcher(): FieldMatcher {
    const { leaves, slot } = this.signals;
    return new FieldMatcher(leaves, literalCharsMin(slot), (leaf) => {
      this.#found = this.#found.more.get(leaf) ?? this.#extend(this.#found, leaf);
    });
  }

  #end(matcher: FieldMatcher): Reading {
    matcher.end();
    const found = this.#found;
    if (found === this.#root) return this.least;
    found.reading ??= this.#readingOf(found.leaves);
    return found.reading;
  }

  /** Adds what a text of the record raised. */
  add({ bits }: Reading): void {
    if (this.bits === this.none) this.bits = bits;
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
    const { presence } = this.signals;
    if (presence !== undefined) setBit(bits, presence.index);
    for (const leaf of leaves) for (const index of this.signals.leaves[leaf]?.signals ?? []) setBit(bits, index);
    return { bits, watched: commonBits(bits, this.#watch) };
  }
}

const emptySet = (): LeafSet => ({ more: new Map(), leaves: [], reading: undefined });
