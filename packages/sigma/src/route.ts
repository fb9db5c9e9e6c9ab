import { AhoCorasick } from "./aho-corasick.ts";
import type { EventView } from "./view.ts";
import { WHOLE_RECORD, type Atom } from "./witness.ts";

/** What the index needs of a rule. */
export interface Indexed {
  readonly index: number;
  readonly witness: readonly Atom[] | undefined;
}

interface FieldIndex<Rule> {
  readonly slot: number;
  readonly exact: ReadonlyMap<string, readonly Rule[]>;
  readonly automaton: AhoCorasick | undefined;
  /** Rules of each automaton pattern. */
  readonly owners: readonly (readonly Rule[])[];
}

/** The rules of one logsource, found by facts they cannot match without. */
export class Route<Rule extends Indexed> {
  readonly always: readonly Rule[];
  readonly #fields: readonly FieldIndex<Rule>[];

  constructor(rules: readonly Rule[]) {
    this.always = rules.filter((rule) => rule.witness === undefined);
    const bySlot = new Map<number, { exact: Map<string, Rule[]>; contains: Map<string, Rule[]> }>();
    for (const rule of rules) {
      for (const { slot, kind, text } of rule.witness ?? []) {
        let field = bySlot.get(slot);
        if (field === undefined) bySlot.set(slot, (field = { exact: new Map(), contains: new Map() }));
        const owners = field[kind].get(text);
        if (owners === undefined) field[kind].set(text, [rule]);
        else if (owners.at(-1) !== rule) owners.push(rule);
      }
    }
    this.#fields = [...bySlot].map(([slot, { exact, contains }]) => ({
      slot,
      exact,
      automaton: contains.size === 0 ? undefined : new AhoCorasick([...contains.keys()]),
      owners: [...contains.values()],
    }));
  }

  /** Whether no rule looks at this logsource. */
  get isEmpty(): boolean {
    return this.always.length === 0 && this.#fields.length === 0;
  }

  /** Calls `visit` with every rule that may match; a rule may come more than once. */
  candidates(view: EventView, visit: (rule: Rule) => void): void {
    for (const rule of this.always) visit(rule);
    for (const { slot, exact, automaton, owners } of this.#fields) {
      for (const text of slot === WHOLE_RECORD ? view.allFolded() : view.folded(slot)) {
        if (exact.size > 0) exact.get(text)?.forEach(visit);
        automaton?.scan(text, (pattern) => owners[pattern]?.forEach(visit));
      }
    }
  }
}
