/** The condition language: `or` binds least, then `and`, then `not`, then `x of`, then brackets. */
export type Condition =
  | { readonly kind: "and"; readonly parts: readonly Condition[] }
  | { readonly kind: "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | { readonly kind: "name"; readonly name: string; readonly offset: number }
  | {
      readonly kind: "of";
      readonly count: number | "all";
      /** A name, possibly with `*`, or undefined for `them`. */
      readonly pattern: string | undefined;
      readonly offset: number;
    };

/** What is wrong with a condition, and at which character (0-based). */
export class ConditionFault extends Error {
  readonly offset: number;
  readonly remedy: string;

  constructor(message: string, remedy: string, offset: number) {
    super(message);
    this.name = "ConditionFault";
    this.remedy = remedy;
    this.offset = offset;
  }
}

interface Token {
  readonly text: string;
  readonly offset: number;
}

const CONDITION_CHARS_MAX = 16_384;
const NESTING_MAX = 64;
const RESERVED: ReadonlySet<string> = new Set(["and", "or", "not", "of", "them", ")", "("]);

export function parseCondition(text: string): Condition {
  if (text.length > CONDITION_CHARS_MAX) {
    throw new ConditionFault("the condition is too long", "group selections with `1 of prefix_*`", 0);
  }
  return new ConditionParser(text).parseAll();
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const found of text.matchAll(/[()]|[^\s()]+/g)) tokens.push({ text: found[0], offset: found.index });
  return tokens;
}

class ConditionParser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
    this.#end = text.trimEnd().length;
  }

  parseAll(): Condition {
    for (const token of this.#tokens) {
      if (!token.text.includes("|")) continue;
      const remedy = "write a correlation rule (event_count, value_count) instead";
      throw new ConditionFault("aggregations after | belong to Sigma version 1", remedy, token.offset);
    }
    const condition = this.#or();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined)
      this.#fail(`"${rest.text}" is not expected here`, "join parts with and, or; close brackets");
    return condition;
  }

  #fail(message: string, remedy: string): never {
    throw new ConditionFault(message, remedy, this.#tokens[this.#at]?.offset ?? this.#end);
  }

  #word(ahead = 0): string {
    return this.#tokens[this.#at + ahead]?.text.toLowerCase() ?? "";
  }

  #take(word: string): boolean {
    if (this.#word() !== word) return false;
    this.#at += 1;
    return true;
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#take("or")) parts.push(this.#and());
    return joined("or", parts);
  }

  #and(): Condition {
    const parts = [this.#not()];
    while (this.#take("and")) parts.push(this.#not());
    return joined("and", parts);
  }

  #not(): Condition {
    let negated = false;
    while (this.#take("not")) negated = !negated;
    const part = this.#primary();
    return negated ? { kind: "not", part } : part;
  }

  #primary(): Condition {
    if (this.#take("(")) return this.#bracketed();
    if (this.#word(1) === "of") return this.#of();
    const token = this.#tokens[this.#at];
    if (token === undefined) return this.#fail("the condition ends too early", "name a selection");
    if (RESERVED.has(token.text.toLowerCase())) {
      return this.#fail(`"${token.text}" stands where a selection is needed`, "name a selection");
    }
    this.#at += 1;
    return { kind: "name", name: token.text, offset: token.offset };
  }

  #bracketed(): Condition {
    if (++this.#depth > NESTING_MAX) this.#fail(`brackets nested deeper than ${NESTING_MAX}`, "flatten the condition");
    const inner = this.#or();
    if (!this.#take(")")) this.#fail("a closing bracket is missing", "close the bracket");
    this.#depth -= 1;
    return inner;
  }

  #of(): Condition {
    const offset = this.#tokens[this.#at]?.offset ?? 0;
    const word = this.#word();
    const count = word === "all" ? "all" : word === "any" ? 1 : /^\d{1,4}$/.test(word) ? Number(word) : 0;
    if (count === 0) this.#fail(`"${word} of" is unknown`, "write 1 of, all of, any of or a number of at least 1");
    this.#at += 2;
    const target = this.#tokens[this.#at];
    if (target === undefined) return this.#fail("the condition ends after of", "write them or a name with *");
    if (target.text.toLowerCase() === "them") {
      this.#at += 1;
      return { kind: "of", count, pattern: undefined, offset };
    }
    if (RESERVED.has(target.text.toLowerCase())) this.#fail(`"${target.text}" after of`, "write them or a name with *");
    this.#at += 1;
    return { kind: "of", count, pattern: target.text, offset: target.offset };
  }
}

function joined(kind: "and" | "or", parts: readonly Condition[]): Condition {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind, parts };
}

/** The selections `x of` speaks of, in the order of the rule: `them` leaves out names that begin with `_`. */
export function selectNames(names: readonly string[], pattern: string | undefined): string[] {
  if (pattern === undefined) return names.filter((name) => !name.startsWith("_"));
  const parts = pattern.split("*");
  return names.filter((name) => matchesStars(parts, name));
}

function matchesStars(parts: readonly string[], name: string): boolean {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (parts.length === 1) return name === first;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= name.length - last.length;
}
