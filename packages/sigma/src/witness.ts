import type { Predicate, ValueTest } from "./predicate.ts";
import { foldText } from "./text.ts";

/** The slot that stands for the whole record, in which keywords are looked for. */
export const WHOLE_RECORD = -1;

/** A fact about one field, at least one of which must hold for a rule to match. Texts are folded. */
export interface Atom {
  readonly slot: number;
  readonly kind: "exact" | "contains";
  readonly text: string;
}

const ATOMS_MAX = 10_000;
/** Shorter ASCII texts occur everywhere and would select nothing. */
const CONTAINS_CHARS_MIN = 3;

const isSelective = (text: string): boolean =>
  text.length >= CONTAINS_CHARS_MIN || text.split("").some((unit) => unit > "\u007f");

/** Atoms of which one holds whenever the predicate does; undefined when the predicate can hold without any. */
export function findWitness(predicate: Predicate): readonly Atom[] | undefined {
  switch (predicate.kind) {
    case "all":
      return bestOf(predicate.parts.map(findWitness));
    case "any":
    case "atLeast":
      return union(predicate.parts.map(findWitness));
    case "field":
      return witnessOfTest(predicate.field.slot, predicate.test);
    case "anywhere":
      return witnessOfTest(WHOLE_RECORD, predicate.test);
    case "not":
    case "fieldref":
      return undefined;
  }
}

function witnessOfTest(slot: number, test: ValueTest): readonly Atom[] | undefined {
  if (test.kind === "text") {
    if (test.exact !== undefined) return [{ slot, kind: "exact", text: foldText(test.exact) }];
    const text = foldText(test.literal);
    return isSelective(text) ? [{ slot, kind: "contains", text }] : undefined;
  }
  const literal = test.kind === "regex" ? test.regex.literal : undefined;
  return literal !== undefined && isSelective(literal) ? [{ slot, kind: "contains", text: literal }] : undefined;
}

function union(witnesses: readonly (readonly Atom[] | undefined)[]): readonly Atom[] | undefined {
  const atoms: Atom[] = [];
  for (const witness of witnesses) {
    if (witness === undefined) return undefined;
    atoms.push(...witness);
  }
  return atoms.length <= ATOMS_MAX ? atoms : undefined;
}

function bestOf(witnesses: readonly (readonly Atom[] | undefined)[]): readonly Atom[] | undefined {
  let best: readonly Atom[] | undefined;
  for (const witness of witnesses) {
    if (witness !== undefined && (best === undefined || rarity(witness) > rarity(best))) best = witness;
  }
  return best;
}

/**
 * How seldom a witness is expected to hold: long texts are rare, many alternatives are not. A short exact value such as
 * an event id or kind is shared by most records of its source.
 */
function rarity(atoms: readonly Atom[]): number {
  const weakest = Math.min(...atoms.map(({ kind, text }) => (kind === "exact" ? text.length * 0.75 : text.length)));
  return Math.min(weakest, 16) - Math.log2(atoms.length + 1);
}
