import type { Regex } from "./regex.ts";

/** A field as a rule names it, with its slot in the view of an event. */
export interface FieldRef {
  readonly name: string;
  readonly slot: number;
}

/** A field under a name; `byRule` says which field it is in each referenced rule when an alias is used. */
export interface KeyField {
  readonly name: string;
  readonly ref: FieldRef;
  readonly byRule: ReadonlyMap<string, FieldRef>;
}

/** How a value is tested. Texts arrive folded unless the test is `cased`. */
export type ValueTest =
  | {
      readonly kind: "text";
      /** The same for tests that are the same. */
      readonly key: string;
      readonly cased: boolean;
      readonly test: (text: string) => boolean;
      readonly exact?: string;
      /** Every text on which the test holds has one of these; none when nothing is known. */
      readonly literals: readonly string[];
      /** It holds wherever one of them stands in a folded text. */
      readonly isLiteral: boolean;
    }
  | { readonly kind: "regex"; readonly key: string; readonly regex: Regex }
  | {
      readonly kind: "number";
      /** the number a text holds: itself, or a part of the date it is */
      readonly read: (text: string) => number | undefined;
      readonly holds: (value: number) => boolean;
    }
  | { readonly kind: "raw"; readonly test: (text: string) => boolean }
  | { readonly kind: "null" }
  | { readonly kind: "exists"; readonly expected: boolean };

/** A test with the words a report uses for it. */
export interface Described {
  readonly modifier: string;
  readonly pattern: string;
}

/** A rule as a tree: what is compiled, indexed and, after a match, explained. */
export type Predicate =
  | { readonly kind: "all"; readonly parts: readonly Predicate[] }
  | { readonly kind: "any"; readonly parts: readonly Predicate[] }
  | { readonly kind: "atLeast"; readonly min: number; readonly parts: readonly Predicate[] }
  | { readonly kind: "not"; readonly part: Predicate }
  | { readonly kind: "field"; readonly field: FieldRef; readonly test: ValueTest; readonly described: Described }
  | { readonly kind: "anywhere"; readonly test: ValueTest; readonly described: Described }
  | {
      readonly kind: "fieldref";
      readonly field: FieldRef;
      readonly comparison: Comparison;
      readonly described: Described;
    };

/** A comparison of a field with another field of the same record. */
export interface Comparison {
  readonly other: FieldRef;
  readonly cased: boolean;
  readonly holds: (text: string, other: string) => boolean;
}

export function allOf(parts: readonly Predicate[]): Predicate {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "all", parts };
}

export function anyOf(parts: readonly Predicate[]): Predicate {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "any", parts };
}

/** What all rules of a ruleset share while they are compiled. */
export interface RuleScope {
  readonly fields: FieldTable;
  /** The values that `%name%` stands for under `expand`. */
  readonly placeholders: Readonly<Record<string, readonly string[]>>;
}

/** The fields all rules of a ruleset ask for; each name has one slot. */
export class FieldTable {
  readonly #refs = new Map<string, FieldRef>();

  /** Spaces do not count in field names. */
  ref(written: string): FieldRef {
    const name = written.replaceAll(" ", "");
    const known = this.#refs.get(name);
    if (known !== undefined) return known;
    const ref = { name, slot: this.#refs.size };
    this.#refs.set(name, ref);
    return ref;
  }

  all(): readonly FieldRef[] {
    return [...this.#refs.values()];
  }
}
