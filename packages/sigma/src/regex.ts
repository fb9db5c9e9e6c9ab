import { buildCharClasses, type CharClasses } from "./char-classes.ts";
import { NEWLINE, setHas, WORDS } from "./char-set.ts";
import { parseRegex, type RegexFlags } from "./regex-parse.ts";
import { ACCEPT, ASSERT, ASSERTIONS, CHARS, compileProgram, SPLIT, type RegexProgram } from "./regex-program.ts";
import { needsBeyondAscii, requiredLiterals } from "./regex-literal.ts";

/** Steps all regular expressions of one record may still take; `exhausted` tells that an answer is missing. */
export interface StepBudget {
  steps: number;
  exhausted: boolean;
}

interface State {
  readonly nodes: readonly number[];
  /** What stands before: START, LINE (a newline), WORD or OTHER. */
  readonly before: number;
}

const START = 0;
const LINE = 1;
const WORD = 2;
const OTHER = 3;

/** States kept per pattern before the cache is emptied; then they are built anew as needed. */
const STATES_MAX = 2000;
/** Where a transition may lead besides a state's row, which is more. */
const UNKNOWN = 0;
const MATCHED = -1;
const REJECTED = -2;
const ROWS_AT_FIRST = 8;

/**
 * A regular expression that runs in time linear in the text: a deterministic automaton built state by state as texts
 * need it, from a Thompson automaton. Building costs at most the pattern's size per character and is paid from a budget.
 */
export class Regex {
  /** Folded texts of which every matching text contains one; empty when there are none. */
  readonly literals: readonly string[];
  /** Texts of ASCII alone never match. */
  readonly needsBeyondAscii: boolean;
  readonly #program: RegexProgram;
  /** made for the first text: most rules of a set see none for long, and together they would slow every start */
  #automaton: Automaton | undefined;

  /** Throws RegexFault when the pattern is outside the linear subset. */
  constructor(pattern: string, flags: RegexFlags) {
    const root = parseRegex(pattern, flags);
    this.literals = requiredLiterals(root);
    this.needsBeyondAscii = needsBeyondAscii(root);
    this.#program = compileProgram(root);
  }

  /** Whether the pattern matches anywhere in the text. False with `budget.exhausted` set when the budget ran out. */
  test(text: string, budget: StepBudget): boolean {
    this.#automaton ??= new Automaton(this.#program);
    return this.#automaton.test(text, budget);
  }
}

class Automaton {
  readonly #program: RegexProgram;
  readonly #classes: CharClasses;
  /** members[class * sets + set] is 1 when the class belongs to the set. */
  readonly #members: Uint8Array;
  readonly #marks: Uint32Array;
  #mark = 0;
  /** Transitions: at the row of a state and a class, the row of the next state. Row 0 is none. */
  #table: Int32Array;
  readonly #width: number;
  #states: State[] = [NO_STATE];
  #rows = new Map<string, number>();
  #start: number;

  constructor(program: RegexProgram) {
    this.#program = program;
    this.#classes = buildCharClasses(program.sets, program.hasAssertions);
    const { sets } = program;
    this.#members = new Uint8Array(this.#classes.count * sets.length);
    this.#classes.samples.forEach((sample, id) => {
      sets.forEach((set, index) => (this.#members[id * sets.length + index] = setHas(set, sample) ? 1 : 0));
    });
    this.#marks = new Uint32Array(program.kinds.length);
    this.#width = this.#classes.count + 1;
    this.#table = new Int32Array(ROWS_AT_FIRST * this.#width);
    this.#start = this.#intern([], START);
  }

  test(text: string, budget: StepBudget): boolean {
    const { ascii, count } = this.#classes;
    let table = this.#table;
    let row = this.#start;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const id = unit < 128 ? (ascii[unit] ?? 0) : this.#classes.classOf(unit);
      let next = table[row + id] ?? UNKNOWN;
      if (next <= UNKNOWN) {
        if (next === UNKNOWN) next = this.#step(row, id, budget);
        if (next === MATCHED) return true;
        if (next === REJECTED) return false;
        table = this.#table;
      }
      row = next;
    }
    const last = table[row + count] ?? UNKNOWN;
    return (last === UNKNOWN ? this.#step(row, count, budget) : last) === MATCHED;
  }

  /** Builds the transition on a class; the class after the last stands for the end of the text. */
  #step(row: number, id: number, budget: StepBudget): number {
    if (budget.steps <= 0) {
      budget.exhausted = true;
      return REJECTED;
    }
    const isEnd = id === this.#classes.count;
    const after = isEnd ? START : this.#kindOf(this.#classes.samples[id] ?? 0);
    const states = this.#states;
    const reached = this.#closure(states[row / this.#width] ?? NO_STATE, after, budget);
    const target = reached === undefined ? MATCHED : isEnd ? REJECTED : this.#advance(reached, id, after);
    // else the row belongs to a state that was let go
    if (this.#states === states) this.#table[row + id] = target;
    return target;
  }

  #kindOf(unit: number): number {
    if (!this.#program.hasAssertions) return OTHER;
    if (unit === NEWLINE) return LINE;
    return setHas(WORDS, unit) ? WORD : OTHER;
  }

  /** CHARS nodes reachable without consuming, given what stands before and after; undefined when ACCEPT is among them. */
  #closure(state: State, after: number, budget: StepBudget): number[] | undefined {
    const { kinds, operands, nexts, start } = this.#program;
    const stack = [start, ...state.nodes];
    const reached: number[] = [];
    this.#mark += 1;
    while (stack.length > 0) {
      const node = stack.pop() ?? 0;
      if (this.#marks[node] === this.#mark) continue;
      this.#marks[node] = this.#mark;
      budget.steps -= 1;
      const kind = kinds[node];
      if (kind === ACCEPT) return undefined;
      if (kind === CHARS) reached.push(node);
      if (kind === SPLIT) stack.push(operands[node] ?? 0, nexts[node] ?? 0);
      if (kind === ASSERT && holds(operands[node] ?? 0, state.before, after)) stack.push(nexts[node] ?? 0);
    }
    return reached;
  }

  #advance(reached: readonly number[], id: number, before: number): number {
    const { operands, nexts, sets } = this.#program;
    const targets = new Set<number>();
    for (const node of reached) {
      if (this.#members[id * sets.length + (operands[node] ?? 0)] === 1) targets.add(nexts[node] ?? 0);
    }
    return this.#intern(
      [...targets].sort((left, right) => left - right),
      before,
    );
  }

  /** @returns the row of the state */
  #intern(nodes: readonly number[], before: number): number {
    const key = `${before}:${nodes.join(",")}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (this.#rows.size >= STATES_MAX) this.#flush();
    const row = (this.#states.push({ nodes, before }) - 1) * this.#width;
    this.#rows.set(key, row);
    if (row + this.#width > this.#table.length) this.#grow();
    return row;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.#table.length);
    larger.set(this.#table);
    this.#table = larger;
  }

  #flush(): void {
    this.#rows = new Map();
    this.#states = [NO_STATE];
    this.#table = new Int32Array(ROWS_AT_FIRST * this.#width);
    this.#start = this.#intern([], START);
  }
}

const NO_STATE: State = { nodes: [], before: OTHER };

/** `after` START means the end of the text. */
function holds(assertion: number, before: number, after: number): boolean {
  switch (ASSERTIONS[assertion]) {
    case "textStart":
      return before === START;
    case "lineStart":
      return before === START || before === LINE;
    case "textEnd":
      return after === START;
    case "lineEnd":
      return after === START || after === LINE;
    case "wordEdge":
      return (before === WORD) !== (after === WORD);
    case "notWordEdge":
      return (before === WORD) === (after === WORD);
    case undefined:
    default:
      return false;
  }
}
