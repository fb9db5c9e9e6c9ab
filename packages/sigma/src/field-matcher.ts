import { AhoCorasick, type Finder } from "./aho-corasick.ts";
import { GRAM_CHARS_MIN, GRAM_LITERALS_MAX, GramFinder } from "./gram-finder.ts";
import type { StepBudget } from "./regex.ts";
import type { Leaf } from "./signals.ts";
import { foldText } from "./text.ts";

/** A leaf as its slot's matcher keeps it. */
interface Candidate {
  /** Number among the slot's leaves. */
  readonly number: number;
  readonly leaf: Leaf;
  /** Nothing is to be asked where its literal stands. */
  readonly isProved: boolean;
  /** Number of the text on which it was last asked. */
  mark: number;
}

/** All leaves of one slot: which of them hold for a text, in one pass over it. */
export class FieldMatcher implements Finder {
  readonly #exact = new Map<string, Candidate[]>();
  readonly finder: AhoCorasick | GramFinder | undefined;
  /** Candidates of each literal of the finder. */
  readonly #owners: readonly (readonly Candidate[])[];
  readonly #literals: readonly string[];
  /** What no literal, or only a short one can find. */
  readonly #always: Candidate[] = [];
  /** The same, of which texts of ASCII alone never match. */
  readonly #beyondAscii: Candidate[] = [];
  /** What a short literal beyond ASCII finds, by the literal's last character. */
  readonly #foreign = new Map<number, Candidate[]>();
  /** Those characters, each with the number of the text in which it was last seen. */
  readonly #foreignMarks = new Map<number, number>();
  /** Number of the text in which each literal was last found. */
  readonly #literalMarks: Float64Array;
  // the text at hand, so that scanning it makes no functions
  #textNumber = 0;
  #text = "";
  #folded = "";
  #budget: StepBudget = { steps: 0, exhausted: false };
  readonly #raise: (leafNumber: number) => void;

  /** @param literalCharsMin of many, shorter literals are looked for one by one */
  constructor(leaves: readonly Leaf[], literalCharsMin: number, raise: (leafNumber: number) => void) {
    this.#raise = raise;
    const isGram = countLiterals(leaves) <= GRAM_LITERALS_MAX;
    const charsMin = isGram ? GRAM_CHARS_MIN : literalCharsMin;
    const byLiteral = new Map<string, Candidate[]>();
    for (const [number, leaf] of leaves.entries()) {
      const { test } = leaf;
      const candidate: Candidate = { number, leaf, isProved: test.kind === "text" && test.isLiteral, mark: 0 };
      const literals = literalsOf(leaf);
      if (test.kind === "text" && test.exact !== undefined) put(this.#exact, foldText(test.exact), candidate);
      else if (literals.length === 0) {
        const isBeyond = test.kind === "regex" && test.regex.needsBeyondAscii;
        (isBeyond ? this.#beyondAscii : this.#always).push(candidate);
      } else if (literals.every((literal) => literal.length >= charsMin && !(isGram && endsBeyondAscii(literal)))) {
        for (const literal of literals) put(byLiteral, literal, candidate);
      } else if (literals.every(endsBeyondAscii)) {
        for (const literal of literals) put(this.#foreign, literal.charCodeAt(literal.length - 1), candidate);
      } else this.#always.push(candidate);
    }
    this.#literals = [...byLiteral.keys()];
    if (byLiteral.size > 0) this.finder = isGram ? new GramFinder(this.#literals) : new AhoCorasick(this.#literals);
    this.#owners = [...byLiteral.values()];
    this.#literalMarks = new Float64Array(this.#owners.length);
  }

  /**
   * From here to `end`, `raise` is called with the number of every leaf that holds for the text, once each; in between the
   * folded text has to be scanned with `finder`.
   */
  begin(text: string, folded: string, budget: StepBudget): void {
    this.#textNumber += 1;
    this.#text = text;
    this.#folded = folded;
    this.#budget = budget;
    if (this.#exact.size > 0) this.#askAll(this.#exact.get(folded));
  }

  end(): void {
    for (const candidate of this.#always) if (this.#mayHold(candidate)) this.#ask(candidate);
    if (this.#foreign.size === 0 && this.#beyondAscii.length === 0) return;
    if (!BEYOND_ASCII.test(this.#text)) return;
    this.#askAll(this.#beyondAscii);
    if (this.#foreign.size > 0) this.#askForeign();
  }

  found(literal: number, start: number): void {
    if (this.#literalMarks[literal] === this.#textNumber) return;
    if (start < 0 || !this.#folded.startsWith(this.#literals[literal] ?? "", start)) return;
    this.#literalMarks[literal] = this.#textNumber;
    for (const candidate of this.#owners[literal] ?? []) this.#ask(candidate, candidate.isProved);
  }

  #askAll(candidates: readonly Candidate[] | undefined): void {
    if (candidates === undefined) return;
    for (const candidate of candidates) this.#ask(candidate);
  }

  #askForeign(): void {
    const folded = this.#folded;
    for (let at = 0; at < folded.length; at++) {
      const unit = folded.charCodeAt(at);
      if (unit <= ASCII_MAX || this.#foreignMarks.get(unit) === this.#textNumber) continue;
      const candidates = this.#foreign.get(unit);
      if (candidates === undefined) continue;
      this.#foreignMarks.set(unit, this.#textNumber);
      this.#askAll(candidates);
    }
  }

  #ask(candidate: Candidate, isProved = false): void {
    if (candidate.mark === this.#textNumber) return;
    candidate.mark = this.#textNumber;
    if (isProved || this.#holds(candidate.leaf)) this.#raise(candidate.number);
  }

  /** Whether one of the literals is there, of which a match needs one; for a text the test itself costs no more. */
  #mayHold({ leaf: { test } }: Candidate): boolean {
    if (test.kind === "text" || test.regex.literals.length === 0) return true;
    for (const literal of test.regex.literals) if (this.#folded.includes(literal)) return true;
    return false;
  }

  #holds({ test }: Leaf): boolean {
    if (test.kind === "regex") return test.regex.test(this.#text, this.#budget);
    return test.test(test.cased ? this.#text : this.#folded);
  }
}

const ASCII_MAX = 127;
const BEYOND_ASCII = /[^\0-\u{7f}]/u;

function literalsOf({ test }: Leaf): readonly string[] {
  return test.kind === "regex" ? test.regex.literals : test.literals.map(foldText).filter(Boolean);
}

const endsBeyondAscii = (literal: string): boolean => literal.charCodeAt(literal.length - 1) > ASCII_MAX;

function countLiterals(leaves: readonly Leaf[]): number {
  return leaves.reduce((sum, leaf) => sum + literalsOf(leaf).length, 0);
}

function put<Key>(map: Map<Key, Candidate[]>, key: Key, candidate: Candidate): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [candidate]);
  else list.push(candidate);
}
