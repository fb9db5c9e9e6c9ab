import { AhoCorasick, type Finder } from "./aho-corasick.ts";
import type { StepBudget } from "./regex.ts";
import type { Leaf } from "./signals.ts";
import { foldText } from "./text.ts";

/** A leaf as its slot's matcher keeps it. */
interface Candidate {
  /** Number among the slot's leaves. */
  readonly number: number;
  readonly leaf: Leaf;
  /** Number of the text on which it was last asked. */
  mark: number;
}

/** All leaves of one slot: which of them hold for a text, in one pass over it. */
export class FieldMatcher implements Finder {
  readonly #exact = new Map<string, Candidate[]>();
  readonly #automaton: AhoCorasick | undefined;
  /** Candidates of each pattern of the automaton. */
  readonly #owners: readonly (readonly Candidate[])[];
  /** What no literal can find. */
  readonly #always: readonly Candidate[];
  /** Number of the text in which each pattern was last found. */
  readonly #patternMarks: Float64Array;
  // the text at hand, so that scanning it makes no functions
  #textNumber = 0;
  #text = "";
  #folded = "";
  #budget: StepBudget = { steps: 0, exhausted: false };
  #raise: (leafNumber: number) => void = () => {};

  constructor(leaves: readonly Leaf[]) {
    const byLiteral = new Map<string, Candidate[]>();
    const always: Candidate[] = [];
    for (const [number, leaf] of leaves.entries()) {
      const candidate: Candidate = { number, leaf, mark: 0 };
      const { test } = leaf;
      const literals = test.kind === "regex" ? test.regex.literals : [foldText(test.literal)].filter(Boolean);
      if (test.kind === "text" && test.exact !== undefined) put(this.#exact, foldText(test.exact), candidate);
      else if (literals.length === 0) always.push(candidate);
      else for (const literal of literals) put(byLiteral, literal, candidate);
    }
    this.#automaton = byLiteral.size === 0 ? undefined : new AhoCorasick([...byLiteral.keys()]);
    this.#owners = [...byLiteral.values()];
    this.#always = always;
    this.#patternMarks = new Float64Array(this.#owners.length);
  }

  /** Calls `raise` with the number of every leaf that holds for the text, once each. */
  match(text: string, budget: StepBudget, raise: (leafNumber: number) => void): void {
    this.#textNumber += 1;
    this.#text = text;
    this.#folded = foldText(text);
    this.#budget = budget;
    this.#raise = raise;
    if (this.#exact.size > 0) this.#askAll(this.#exact.get(this.#folded));
    this.#automaton?.scan(this.#folded, this);
    if (this.#always.length > 0) this.#askAll(this.#always);
  }

  found(pattern: number): void {
    if (this.#patternMarks[pattern] === this.#textNumber) return;
    this.#patternMarks[pattern] = this.#textNumber;
    this.#askAll(this.#owners[pattern]);
  }

  #askAll(candidates: readonly Candidate[] | undefined): void {
    if (candidates === undefined) return;
    for (const candidate of candidates) {
      if (candidate.mark === this.#textNumber) continue;
      candidate.mark = this.#textNumber;
      if (this.#holds(candidate.leaf)) this.#raise(candidate.number);
    }
  }

  #holds({ test }: Leaf): boolean {
    if (test.kind === "regex") return test.regex.test(this.#text, this.#budget);
    return test.test(test.cased ? this.#text : this.#folded);
  }
}

function put(map: Map<string, Candidate[]>, key: string, candidate: Candidate): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [candidate]);
  else list.push(candidate);
}
