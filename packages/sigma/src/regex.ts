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
  readonly next: (State | undefined)[];
}

const START = 0;
const LINE = 1;
const WORD = 2;
const OTHER = 3;

/** States kept per pattern before the cache is emptied; then they are built anew as needed. */
const STATES_MAX = 2000;
/** Sentinels a transition may lead to; their contents are never read. */
const MATCHED: State = { nodes: [], before: OTHER, next: [] };
const REJECTED: State = { nodes: [], before: OTHER, next: [] };

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
  #states = new Map<string, State>();
  #start: State;

  constructor(program: RegexProgram) {
    this.#program = program;
    this.#classes = buildCharClasses(program.sets, program.hasAssertions);
    const { sets } = program;
    this.#members = new Uint8Array(this.#classes.count * sets.length);
    this.#classes.samples.forEach((sample, id) => {
      sets.forEach((set, index) => (this.#members[id * sets.length + index] = setHas(set, sample) ? 1 : 0));
    });
    this.#marks = new Uint32Array(program.kinds.length);
    this.#start = this.#intern([], START);
  }

  test(text: string, budget: StepBudget): boolean {
    const { ascii, count } = this.#classes;
    let state = this.#start;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const id = unit < 128 ? (ascii[unit] ?? 0) : this.#classes.classOf(unit);
      const next = state.next[id] ?? this.#step(state, id, budget);
      if (next === MATCHED) return true;
      if (next === REJECTED) return false;
      state = next;
    }
    return (state.next[count] ?? this.#step(state, count, budget)) === MATCHED;
  }

  /** Builds the transition on a class; the class after the last stands for the end of the text. */
  #step(state: State, id: number, budget: StepBudget): State {
    if (budget.steps <= 0) {
      budget.exhausted = true;
      return REJECTED;
    }
    const isEnd = id === this.#classes.count;
    const after = isEnd ? START : this.#kindOf(this.#classes.samples[id] ?? 0);
    const reached = this.#closure(state, after, budget);
    const target = reached === undefined ? MATCHED : isEnd ? REJECTED : this.#advance(reached, id, after);
    state.next[id] = target;
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

  #advance(reached: readonly number[], id: number, before: number): State {
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

  #intern(nodes: readonly number[], before: number): State {
    const key = `${before}:${nodes.join(",")}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= STATES_MAX) this.#flush();
    const state: State = { nodes, before, next: [] };
    this.#states.set(key, state);
    return state;
  }

  #flush(): void {
    this.#states = new Map();
    this.#start = this.#intern([], START);
  }
}

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
