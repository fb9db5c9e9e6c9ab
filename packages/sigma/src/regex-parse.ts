import { ANY, DIGITS, foldSet, negateSet, normalizeSet, NOT_NEWLINE, SPACES, WORDS, type CharSet } from "./char-set.ts";

export type Assertion = "textStart" | "textEnd" | "lineStart" | "lineEnd" | "wordEdge" | "notWordEdge";

export type RegexNode =
  | { readonly kind: "empty" }
  | { readonly kind: "chars"; readonly set: CharSet; readonly literal?: string }
  | { readonly kind: "assert"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly parts: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly parts: readonly RegexNode[] }
  | { readonly kind: "repeat"; readonly part: RegexNode; readonly min: number; readonly max: number };

export interface RegexFlags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

/** What is wrong with a pattern and at which character (0-based). */
export class RegexFault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = "RegexFault";
    this.offset = offset;
  }
}

export const PATTERN_CHARS_MAX = 8192;
const NESTING_MAX = 64;
const REPEAT_MAX = 5000;

const ESCAPED_SETS: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  D: negateSet(DIGITS),
  w: WORDS,
  W: negateSet(WORDS),
  s: SPACES,
  S: negateSet(SPACES),
};
const ESCAPED_CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, e: 27 };
const REFUSED_GROUPS: readonly (readonly [string, string])[] = [
  ["?=", "a lookahead"],
  ["?!", "a lookahead"],
  ["?<=", "a lookbehind"],
  ["?<!", "a lookbehind"],
  ["?>", "an atomic group"],
  ["?(", "a conditional group"],
  ["?#", "a comment group"],
  ["?R", "recursion"],
  ["?P=", "a backreference"],
  ["?P>", "recursion"],
];

/** Reads a pattern of the linear subset. Anything that needs more than a finite automaton throws a {@link RegexFault}. */
export function parseRegex(pattern: string, flags: RegexFlags): RegexNode {
  if (pattern.length > PATTERN_CHARS_MAX) throw new RegexFault(`longer than ${PATTERN_CHARS_MAX} characters`, 0);
  return new RegexParser(pattern, flags).parseAll();
}

const isHex = (text: string): boolean => /^[0-9a-fA-F]+$/.test(text);

class RegexParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #flags: RegexFlags;

  constructor(text: string, flags: RegexFlags) {
    this.#text = text;
    this.#flags = flags;
  }

  parseAll(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#text.length) this.#fail("a closing bracket without an opening one");
    return node;
  }

  #fail(message: string, at = this.#at): never {
    throw new RegexFault(message, at);
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #choice(): RegexNode {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] ?? { kind: "empty" }) : { kind: "choice", parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#text.length && this.#peek() !== "|" && this.#peek() !== ")") parts.push(this.#quantified());
    return { kind: "sequence", parts };
  }

  #quantified(): RegexNode {
    const start = this.#at;
    let node = this.#atom();
    const bounds = this.#quantifier();
    if (bounds === undefined) return node;
    if (node.kind === "assert") this.#fail("a repetition of an anchor", start);
    node = { kind: "repeat", part: node, ...bounds };
    // Lazy or greedy makes no difference to whether a text matches.
    if (!this.#take("?") && this.#peek() === "+") this.#fail("a possessive repetition, which is outside the language");
    if (this.#quantifier() !== undefined) this.#fail("a repetition of a repetition", start);
    return node;
  }

  #quantifier(): { min: number; max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { min: 0, max: 1 };
    const found = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(this.#text.slice(this.#at, this.#at + 16));
    if (found === null) return undefined;
    const min = Number(found[1]);
    const upper = found[3] === undefined || found[3] === "" ? Number.POSITIVE_INFINITY : Number(found[3]);
    const max = found[2] === undefined ? min : upper;
    if (max < min) this.#fail("a repetition whose bounds are the wrong way round");
    if (min > REPEAT_MAX || (max !== Number.POSITIVE_INFINITY && max > REPEAT_MAX)) {
      this.#fail(`a repetition of more than ${REPEAT_MAX}`);
    }
    this.#at += found[0].length;
    return { min, max };
  }

  #atom(): RegexNode {
    const char = this.#peek();
    if (char === "(") return this.#group();
    if (char === "[") return this.#chars(this.#charClass());
    if (char === "\\") return this.#escape();
    if (char === "*" || char === "+" || char === "?") this.#fail("a repetition of nothing");
    this.#at += 1;
    if (char === ".") return { kind: "chars", set: this.#flags.dotAll ? ANY : NOT_NEWLINE };
    if (char === "^") return { kind: "assert", assertion: this.#flags.multiline ? "lineStart" : "textStart" };
    if (char === "$") return { kind: "assert", assertion: this.#flags.multiline ? "lineEnd" : "textEnd" };
    return this.#literal(char.charCodeAt(0));
  }

  #literal(unit: number): RegexNode {
    const set: CharSet = [[unit, unit]];
    const literal = String.fromCharCode(unit);
    return { kind: "chars", set: this.#flags.ignoreCase ? foldSet(set) : set, literal };
  }

  #chars(set: CharSet): RegexNode {
    return { kind: "chars", set };
  }

  #group(): RegexNode {
    const start = this.#at;
    this.#at += 1;
    if (++this.#depth > NESTING_MAX) this.#fail(`brackets nested deeper than ${NESTING_MAX}`, start);
    const outer = this.#flags;
    const closedByFlags = this.#groupHead(start);
    if (closedByFlags) {
      this.#depth -= 1;
      return { kind: "empty" };
    }
    const node = this.#choice();
    if (!this.#take(")")) this.#fail("an opening bracket without a closing one", start);
    this.#flags = outer;
    this.#depth -= 1;
    return node;
  }

  /** Reads what follows `(`. True when the group was only flags, such as `(?i)`, which hold for the rest of the enclosing group. */
  #groupHead(start: number): boolean {
    if (this.#peek() === "*") this.#fail("a backtracking verb, which is outside the language", start);
    if (this.#peek() !== "?" || this.#take("?:")) return false;
    const refused = REFUSED_GROUPS.find(([head]) => this.#text.startsWith(head, this.#at));
    if (refused !== undefined) this.#fail(`${refused[1]}, which is outside the language`, start);
    const rest = this.#text.slice(this.#at, this.#at + 80);
    const named = /^\?P?<[A-Za-z_]\w{0,63}>/.exec(rest);
    if (named !== null) {
      this.#at += named[0].length;
      return false;
    }
    const found = /^\?([ims]*)(?:-([ims]+))?([:)])/.exec(rest);
    if (found === null || (found[1] === "" && found[2] === undefined)) this.#fail("an unknown kind of group", start);
    this.#at += found[0].length;
    this.#setFlags(found[1] ?? "", true);
    this.#setFlags(found[2] ?? "", false);
    return found[3] === ")";
  }

  #setFlags(letters: string, on: boolean): void {
    this.#flags = {
      ignoreCase: letters.includes("i") ? on : this.#flags.ignoreCase,
      multiline: letters.includes("m") ? on : this.#flags.multiline,
      dotAll: letters.includes("s") ? on : this.#flags.dotAll,
    };
  }

  #escape(): RegexNode {
    const start = this.#at;
    const char = this.#text.charAt(this.#at + 1);
    const edge: Readonly<Record<string, Assertion>> = { b: "wordEdge", B: "notWordEdge", A: "textStart", z: "textEnd" };
    const assertion = Object.hasOwn(edge, char) ? edge[char] : undefined;
    if (assertion !== undefined) {
      this.#at += 2;
      return { kind: "assert", assertion };
    }
    if (/[1-9]/.test(char) || char === "k") this.#fail("a backreference, which is outside the language", start);
    const escaped = this.#escapedSet();
    if (typeof escaped === "number") return this.#literal(escaped);
    return this.#chars(this.#flags.ignoreCase ? foldSet(escaped) : escaped);
  }

  /** An escape that stands for one character (its code) or a set; the position is on the backslash. */
  #escapedSet(): number | CharSet {
    const start = this.#at;
    const char = this.#text.charAt(this.#at + 1);
    if (char === "") this.#fail("a backslash at the end", start);
    this.#at += 2;
    const set = Object.hasOwn(ESCAPED_SETS, char) ? ESCAPED_SETS[char] : undefined;
    if (set !== undefined) return set;
    const control = Object.hasOwn(ESCAPED_CONTROLS, char) ? ESCAPED_CONTROLS[char] : undefined;
    if (control !== undefined) return control;
    if (char === "x") return this.#hexUnit(2, start);
    if (char === "u") return this.#hexUnit(4, start);
    if (char === "0") return 0;
    if (/[A-Za-z0-9]/.test(char)) this.#fail(`the escape \\${char}, which is outside the language`, start);
    return char.charCodeAt(0);
  }

  #hexUnit(digits: number, start: number): number {
    const text = this.#text.slice(this.#at, this.#at + digits);
    if (text.length < digits || !isHex(text)) this.#fail(`\\x needs two, \\u four hexadecimal digits`, start);
    this.#at += digits;
    return Number.parseInt(text, 16);
  }

  #charClass(): CharSet {
    const start = this.#at;
    this.#at += 1;
    const negated = this.#take("^");
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      if (this.#at >= this.#text.length) this.#fail("a [ without its ]", start);
      this.#classItem(ranges);
    }
    this.#at += 1;
    const set = normalizeSet(ranges);
    const folded = this.#flags.ignoreCase ? foldSet(set) : set;
    return negated ? negateSet(folded) : folded;
  }

  #classItem(ranges: (readonly [number, number])[]): void {
    const start = this.#at;
    const low = this.#classUnit();
    const isRange = this.#peek() === "-" && this.#text.charAt(this.#at + 1) !== "]" && this.#at + 1 < this.#text.length;
    if (typeof low !== "number") {
      ranges.push(...low);
      return;
    }
    if (!isRange) {
      ranges.push([low, low]);
      return;
    }
    this.#at += 1;
    const high = this.#classUnit();
    if (typeof high !== "number" || high < low) this.#fail("a range whose ends are the wrong way round", start);
    ranges.push([low, high]);
  }

  #classUnit(): number | CharSet {
    if (this.#peek() === "\\") {
      if (this.#text.charAt(this.#at + 1) !== "b") return this.#escapedSet();
      this.#at += 2;
      return 8;
    }
    if (this.#text.startsWith("[:", this.#at)) this.#fail("a POSIX character class, which is outside the language");
    const unit = this.#peek().charCodeAt(0);
    if (unit >= 0xd800 && unit <= 0xdfff)
      this.#fail("a character beyond U+FFFF inside [ ]; write it as an alternative");
    this.#at += 1;
    return unit;
  }
}
