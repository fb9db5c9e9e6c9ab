/** Characters of a pattern that are looked at: enough to be rare, few enough for a small table. */
const PATTERN_CHARS_MAX = 16;
/** Classes that all characters beyond ASCII share: rules with hundreds of emoji would blow the table up otherwise. */
const FOREIGN_CLASSES = 8;
const NOTHING: readonly number[] = [];

export interface Finder {
  /** @param start where the pattern stands, if it does: only a part of it was seen, and some characters are alike here */
  found(pattern: number, start: number): void;
}

/** Finds which of many texts occur in a text, in one pass over it, whatever their number. */
export class AhoCorasick {
  /** Class of each ASCII character; those that no pattern holds have class 0. Sharing only adds candidates. */
  readonly #ascii = new Uint8Array(128);
  readonly #foreign: number;
  /**
   * next[row + class] is twice the next row, plus 1 when patterns end there. Complete, so that scanning never follows
   * failure links.
   */
  readonly #next: Int32Array;
  readonly #width: number;
  /** Pattern numbers that end in a state, suffixes included. */
  readonly #outputs: readonly (readonly number[])[];
  /** Of each pattern, how many of its characters stand before the end of the part that is looked at. */
  readonly #ends: Uint32Array;

  constructor(patterns: readonly string[]) {
    const parts = patterns.map(choosePart);
    this.#ends = Uint32Array.from(patterns, (pattern, number) =>
      pattern.startsWith(parts[number] ?? "") ? (parts[number] ?? "").length : pattern.length,
    );
    let width = 1;
    for (const part of parts) {
      for (let at = 0; at < part.length; at++) {
        const unit = part.charCodeAt(at);
        if (unit < 128 && this.#ascii[unit] === 0) this.#ascii[unit] = width++;
      }
    }
    this.#foreign = width;
    this.#width = width + FOREIGN_CLASSES;
    const { next, outputs } = buildTable(new Trie(parts, (unit) => this.#classOf(unit)), this.#width);
    this.#next = next;
    this.#outputs = outputs;
  }

  /** Tells the finder the number of each pattern that may occur (a part of it does); repeats are possible. */
  scan(text: string, finder: Finder): void {
    const next = this.#next;
    const ascii = this.#ascii;
    const foreign = this.#foreign;
    let row = 0;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const cell = next[row + (unit < 128 ? (ascii[unit] ?? 0) : foreign + (unit % FOREIGN_CLASSES))] ?? 0;
      row = cell >> 1;
      if ((cell & 1) !== 0) this.#tell(row, at, finder);
    }
  }

  /** The same as `scan` of both, in little more than the time of one: the processor follows the two rows side by side. */
  static scanBoth(text: string, one: AhoCorasick, finder: Finder, other: AhoCorasick, otherFinder: Finder): void {
    const next = one.#next;
    const ascii = one.#ascii;
    const foreign = one.#foreign;
    const otherNext = other.#next;
    const otherAscii = other.#ascii;
    const otherForeign = other.#foreign;
    let row = 0;
    let otherRow = 0;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const isAscii = unit < 128;
      const cell = next[row + (isAscii ? (ascii[unit] ?? 0) : foreign + (unit % FOREIGN_CLASSES))] ?? 0;
      const otherCell =
        otherNext[otherRow + (isAscii ? (otherAscii[unit] ?? 0) : otherForeign + (unit % FOREIGN_CLASSES))] ?? 0;
      row = cell >> 1;
      otherRow = otherCell >> 1;
      if (((cell | otherCell) & 1) === 0) continue;
      if ((cell & 1) !== 0) one.#tell(row, at, finder);
      if ((otherCell & 1) !== 0) other.#tell(otherRow, at, otherFinder);
    }
  }

  #tell(row: number, at: number, finder: Finder): void {
    for (const pattern of this.#outputs[row / this.#width] ?? NOTHING) {
      finder.found(pattern, at + 1 - (this.#ends[pattern] ?? 0));
    }
  }

  #classOf(unit: number): number {
    return unit < 128 ? (this.#ascii[unit] ?? 0) : this.#foreign + (unit % FOREIGN_CLASSES);
  }
}

/**
 * The end of a pattern, because paths begin alike; of `sha256=` with a hash the beginning, because every hash of a log
 * would lead deep into a table of thousands of them.
 */
function choosePart(pattern: string): string {
  const end = pattern.slice(-PATTERN_CHARS_MAX);
  return /^[\da-f]+$/.test(end) ? pattern.slice(0, PATTERN_CHARS_MAX) : end;
}

/** The patterns by their common beginnings; node 0 is the root. Edges of a node are a chain of siblings. */
class Trie {
  /** Class of the character that leads to a node. */
  readonly classes: number[] = [0];
  /** First edge of each node and next edge of its parent; 0 is none. */
  readonly children: number[] = [0];
  readonly siblings: number[] = [0];
  /** Patterns that end in each node. */
  readonly ends: (readonly number[])[] = [NOTHING];

  constructor(patterns: readonly string[], classOf: (unit: number) => number) {
    patterns.forEach((pattern, number) => {
      let node = 0;
      for (let at = 0; at < pattern.length; at++) node = this.#follow(node, classOf(pattern.charCodeAt(at)));
      this.ends[node] = [...(this.ends[node] ?? []), number];
    });
  }

  #follow(node: number, id: number): number {
    const first = this.children[node] ?? 0;
    for (let child = first; child !== 0; child = this.siblings[child] ?? 0) {
      if (this.classes[child] === id) return child;
    }
    const added = this.ends.push(NOTHING) - 1;
    this.classes.push(id);
    this.children.push(0);
    this.siblings.push(first);
    this.children[node] = added;
    return added;
  }
}

/**
 * Breadth first, so that the states near the root, in which texts mostly are, lie close together: each state has the
 * moves of the state it falls back to, but for its own, and that state's outputs with its own.
 */
function buildTable(
  { classes, children, siblings, ends }: Trie,
  width: number,
): { readonly next: Int32Array; readonly outputs: readonly (readonly number[])[] } {
  const next = new Int32Array(ends.length * width);
  const outputs: (readonly number[])[] = [NOTHING];
  /** Nodes of the trie in the order of their states. */
  const nodes = [0];
  const fallbacks = [0];
  for (let state = 0; state < nodes.length; state++) {
    const row = state * width;
    const fallback = (fallbacks[state] ?? 0) * width;
    if (state > 0) next.copyWithin(row, fallback, fallback + width);
    for (let node = children[nodes[state] ?? 0] ?? 0; node !== 0; node = siblings[node] ?? 0) {
      const cell = row + (classes[node] ?? 0);
      const inherited = state === 0 ? 0 : (next[cell] ?? 0) >> 1;
      const child = nodes.push(node) - 1;
      fallbacks.push(inherited / width);
      outputs.push(joined(ends[node] ?? NOTHING, outputs[inherited / width] ?? NOTHING));
      next[cell] = child * width * 2 + (outputs[child] === NOTHING ? 0 : 1);
    }
  }
  return { next, outputs };
}

function joined(own: readonly number[], inherited: readonly number[]): readonly number[] {
  if (inherited === NOTHING) return own;
  return own === NOTHING ? inherited : [...own, ...inherited];
}
