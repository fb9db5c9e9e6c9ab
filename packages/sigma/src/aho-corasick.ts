/** Last characters of a pattern that are looked at: enough to be rare (paths begin alike), few enough for a small table. */
const PATTERN_CHARS_MAX = 24;

interface Table {
  readonly classes: Uint16Array;
  readonly width: number;
  /** next[state * width + class]; complete, so that scanning never follows failure links. */
  readonly next: Int32Array;
  /** Pattern numbers that end in a state, suffixes included. */
  readonly outputs: readonly (readonly number[])[];
}

/** Finds which of many texts occur in a text, in one pass over it, whatever their number. */
export class AhoCorasick {
  readonly #table: Table;

  constructor(patterns: readonly string[]) {
    this.#table = buildTable(patterns.map((pattern) => pattern.slice(-PATTERN_CHARS_MAX)));
  }

  /** Calls `found` with the number of each pattern that may occur (its last characters do); repeats are possible. */
  scan(text: string, found: (pattern: number) => void): void {
    const { classes, width, next, outputs } = this.#table;
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      state = next[state * width + (classes[text.charCodeAt(at)] ?? 0)] ?? 0;
      const output = outputs[state];
      if (output !== undefined && output.length > 0) for (const pattern of output) found(pattern);
    }
  }
}

/** Classes that all characters beyond ASCII share: rules with hundreds of emoji would blow the table up otherwise. */
const FOREIGN_CLASSES = 8;

/** Characters that no pattern holds have class 0. Sharing classes only adds candidates, it never loses one. */
function buildClasses(patterns: readonly string[]): { classes: Uint16Array; width: number } {
  const classes = new Uint16Array(65_536);
  let width = 1;
  const seen = new Set(
    patterns.flatMap((pattern) => Array.from({ length: pattern.length }, (_, at) => pattern.charCodeAt(at))),
  );
  for (const unit of seen) if (unit < 128) classes[unit] = width++;
  for (const unit of seen) if (unit >= 128) classes[unit] = width + (unit % FOREIGN_CLASSES);
  return { classes, width: width + FOREIGN_CLASSES };
}

function buildTable(patterns: readonly string[]): Table {
  const { classes, width } = buildClasses(patterns);
  const statesMax = patterns.reduce((sum, pattern) => sum + pattern.length, 1);
  const next = new Int32Array(statesMax * width);
  const outputs: number[][] = [[]];
  patterns.forEach((pattern, number) => {
    let state = 0;
    for (let at = 0; at < pattern.length; at++) {
      const cell = state * width + (classes[pattern.charCodeAt(at)] ?? 0);
      if (next[cell] === 0) next[cell] = outputs.push([]) - 1;
      state = next[cell] ?? 0;
    }
    outputs[state]?.push(number);
  });
  linkFailures(next, width, outputs);
  return { classes, width, next: next.slice(0, outputs.length * width), outputs };
}

/** Breadth first: completes each state's row from its failure state and inherits that state's outputs. */
function linkFailures(next: Int32Array, width: number, outputs: number[][]): void {
  const failure = new Int32Array(outputs.length);
  const queue: number[] = [];
  for (let id = 0; id < width; id++) if ((next[id] ?? 0) > 0) queue.push(next[id] ?? 0);
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0;
    const fallback = failure[state] ?? 0;
    outputs[state]?.push(...(outputs[fallback] ?? []));
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
