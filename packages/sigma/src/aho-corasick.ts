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
    const { next, outputs } = buildTable(parts, this.#width, (unit) => this.#classOf(unit));
    this.#next = next.map((state) => state * this.#width * 2 + ((outputs[state] ?? NOTHING) === NOTHING ? 0 : 1));
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

interface Table {
  readonly next: Int32Array;
  readonly outputs: readonly (readonly number[])[];
}

function buildTable(patterns: readonly string[], width: number, classOf: (unit: number) => number): Table {
  let next = new Int32Array(64 * width);
  const outputs: (readonly number[])[] = [NOTHING];
  patterns.forEach((pattern, number) => {
    let state = 0;
    for (let at = 0; at < pattern.length; at++) {
      const cell = state * width + classOf(pattern.charCodeAt(at));
      if (next[cell] === 0) {
        next[cell] = outputs.push(NOTHING) - 1;
        if (outputs.length * width > next.length) next = grow(next);
      }
      state = next[cell] ?? 0;
    }
    outputs[state] = [...(outputs[state] ?? []), number];
  });
  const table = next.slice(0, outputs.length * width);
  linkFailures(table, width, outputs);
  return { next: table, outputs };
}

function grow(table: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(table.length * 2);
  larger.set(table);
  return larger;
}

/** Breadth first: completes each state's row from its failure state and inherits that state's outputs. */
function linkFailures(next: Int32Array, width: number, outputs: (readonly number[])[]): void {
  const failure = new Int32Array(outputs.length);
  const queue: number[] = [];
  for (let id = 0; id < width; id++) if ((next[id] ?? 0) > 0) queue.push(next[id] ?? 0);
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0;
    const fallback = failure[state] ?? 0;
    outputs[state] = joined(outputs[state] ?? NOTHING, outputs[fallback] ?? NOTHING);
    for (let id = 0; id < width; id++) {
      const cell = state * width + id;
      const inherited = next[fallback * width + id] ?? 0;
      const child = next[cell] ?? 0;
      if (child === 0) next[cell] = inherited;
      else {
        failure[child] = inherited;
        queue.push(child);
      }
    }
  }
}

function joined(own: readonly number[], inherited: readonly number[]): readonly number[] {
  if (inherited === NOTHING) return own;
  return own === NOTHING ? inherited : [...own, ...inherited];
}
