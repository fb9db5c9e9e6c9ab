import { RegexFault, type Assertion, type RegexNode } from "./regex-parse.ts";
import type { CharSet } from "./char-set.ts";

/** A Thompson automaton as parallel arrays: node i is an instruction. */
export interface RegexProgram {
  readonly sets: readonly CharSet[];
  /** Kind of each node: CHARS, SPLIT, ASSERT or ACCEPT. */
  readonly kinds: readonly number[];
  /** CHARS: index into `sets`; ASSERT: index into {@link ASSERTIONS}; SPLIT: the second branch. */
  readonly operands: readonly number[];
  readonly nexts: readonly number[];
  readonly start: number;
  readonly hasAssertions: boolean;
}

export const CHARS = 0;
export const SPLIT = 1;
export const ASSERT = 2;
export const ACCEPT = 3;

export const ASSERTIONS: readonly Assertion[] = [
  "textStart",
  "textEnd",
  "lineStart",
  "lineEnd",
  "wordEdge",
  "notWordEdge",
];

/** Bounds memory and the cost of one step. The largest public pattern needs about 2,500. */
export const PROGRAM_NODES_MAX = 10_000;

/** Compiles back to front: each part is given the node that follows it. */
export function compileProgram(root: RegexNode): RegexProgram {
  const builder = new ProgramBuilder();
  const accept = builder.add(ACCEPT, 0, 0);
  const start = builder.emit(root, accept);
  return { ...builder.arrays(), start };
}

class ProgramBuilder {
  readonly #sets: CharSet[] = [];
  readonly #setIds = new Map<string, number>();
  readonly #kinds: number[] = [];
  readonly #operands: number[] = [];
  readonly #nexts: number[] = [];

  arrays(): Omit<RegexProgram, "start"> {
    const hasAssertions = this.#kinds.includes(ASSERT);
    return { sets: this.#sets, kinds: this.#kinds, operands: this.#operands, nexts: this.#nexts, hasAssertions };
  }

  add(kind: number, operand: number, next: number): number {
    if (this.#kinds.length >= PROGRAM_NODES_MAX) {
      throw new RegexFault(`expands to more than ${PROGRAM_NODES_MAX} states; its repetitions are too large`, 0);
    }
    this.#kinds.push(kind);
    this.#operands.push(operand);
    this.#nexts.push(next);
    return this.#kinds.length - 1;
  }

  emit(node: RegexNode, next: number): number {
    switch (node.kind) {
      case "empty":
        return next;
      case "chars":
        return this.add(CHARS, this.#setId(node.set), next);
      case "assert":
        return this.add(ASSERT, ASSERTIONS.indexOf(node.assertion), next);
      case "sequence":
        return node.parts.reduceRight((after, part) => this.emit(part, after), next);
      case "choice":
        return node.parts
          .map((part) => this.emit(part, next))
          .reduceRight((second, first) => this.add(SPLIT, second, first));
      case "repeat":
        return this.#emitRepeat(node.part, node.min, node.max, next);
    }
  }

  #emitRepeat(part: RegexNode, min: number, max: number, next: number): number {
    let entry = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = this.add(SPLIT, next, 0);
      this.#nexts[loop] = this.emit(part, loop);
      entry = loop;
    } else {
      for (let extra = min; extra < max; extra++) entry = this.add(SPLIT, next, this.emit(part, entry));
    }
    for (let count = 0; count < min; count++) {
      const before = this.#kinds.length;
      entry = this.emit(part, entry);
      // Nothing was added: repeating an empty part again would only cost time.
      if (this.#kinds.length === before) break;
    }
    return entry;
  }

  #setId(set: CharSet): number {
    const key = JSON.stringify(set);
    const known = this.#setIds.get(key);
    if (known !== undefined) return known;
    this.#sets.push(set);
    this.#setIds.set(key, this.#sets.length - 1);
    return this.#sets.length - 1;
  }
}
