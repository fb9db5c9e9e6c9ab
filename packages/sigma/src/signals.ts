import { compilePredicate, type Test } from "./compile-predicate.ts";
import { elementAt } from "./fault.ts";
import { GRAM_CHARS_MIN, GRAM_LITERALS_MAX } from "./gram-finder.ts";
import type { FieldRef, Predicate, ValueTest } from "./predicate.ts";

/** The slot that stands for the whole record, in which keywords are looked for. */
export const WHOLE_RECORD = -1;

/**
 * The shortest literals that are found in passing. Shorter ones are in nearly every text, so they are looked for only when
 * all else holds, where something else finds the rule. Keywords are few, and of three characters for some devices' commands.
 */
export const literalCharsMin = (slot: number): number => (slot === WHOLE_RECORD ? 3 : 4);

export type LeafTest = ValueTest & { readonly kind: "text" | "regex" };

/** A test of one text of one slot, shared by all rules that make it. */
export interface Leaf {
  readonly slot: number;
  readonly test: LeafTest;
  /** The signals of its slot that it raises. */
  readonly signals: number[];
}

/**
 * One or several leaves of one slot: up when one of them holds for one of the slot's texts. Without leaves it is up when
 * the field is there.
 */
export interface Signal {
  readonly slot: number;
  /** Number among the signals of its slot. */
  readonly index: number;
  readonly leaves: readonly Leaf[];
}

/**
 * A rule's tree over signals, so that a list of a hundred alternatives costs a rule one look. What depends on null,
 * numbers or other fields is tested on the view.
 */
export type Gate =
  | { readonly kind: "all"; readonly parts: readonly Gate[] }
  | { readonly kind: "any"; readonly parts: readonly Gate[] }
  | { readonly kind: "atLeast"; readonly min: number; readonly parts: readonly Gate[] }
  | { readonly kind: "not"; readonly part: Gate }
  | { readonly kind: "signal"; readonly signal: Signal }
  | { readonly kind: "view"; readonly test: Test };

/** The leaves and signals of one slot. */
export class SlotSignals {
  readonly slot: number;
  readonly leaves: Leaf[] = [];
  readonly signals: Signal[] = [];
  /** Up when the field is there, where a rule asks for that. */
  presence: Signal | undefined;
  readonly #leafByKey = new Map<string, number>();
  readonly #signalByKey = new Map<string, Signal>();

  constructor(slot: number) {
    this.slot = slot;
  }

  /** @returns the number of the leaf; equal tests are one leaf */
  leafOf(test: LeafTest): number {
    let index = this.#leafByKey.get(test.key);
    if (index === undefined) {
      index = this.leaves.push({ slot: this.slot, test, signals: [] }) - 1;
      this.#leafByKey.set(test.key, index);
    }
    return index;
  }

  presenceSignal(): Signal {
    if (this.presence === undefined) {
      this.presence = { slot: this.slot, index: this.signals.length, leaves: [] };
      this.signals.push(this.presence);
    }
    return this.presence;
  }

  /** @returns the signal of these leaves; equal sets are one signal */
  signalOf(leafNumbers: readonly number[]): Signal {
    const unique = [...new Set(leafNumbers)].sort((left, right) => left - right);
    const key = unique.join();
    let signal = this.#signalByKey.get(key);
    if (signal === undefined) {
      const leaves = unique.map((number) => elementAt(this.leaves, number));
      signal = { slot: this.slot, index: this.signals.length, leaves };
      this.signals.push(signal);
      this.#signalByKey.set(key, signal);
      for (const leaf of leaves) leaf.signals.push(signal.index);
    }
    return signal;
  }
}

/** The signals of a set of rules, by slot. */
export class SignalTable {
  readonly slots = new Map<number, SlotSignals>();
  /** Literals that rules look for, by slot. */
  readonly #literals: ReadonlyMap<number, number>;

  /** @param predicates all that gates will be made of */
  constructor(predicates: readonly Predicate[]) {
    const literals = new Map<number, number>();
    for (const predicate of predicates) countLiterals(predicate, literals);
    this.#literals = literals;
  }

  /** @param isFound something else finds the rule, so that what no literal can find may wait until all else holds */
  gateOf(predicate: Predicate, isFound = false): Gate {
    switch (predicate.kind) {
      case "all":
        return { kind: "all", parts: this.#allOf(predicate.parts, isFound) };
      case "any":
        return this.#anyOf(predicate.parts, isFound);
      case "atLeast": {
        const { min, parts } = predicate;
        return { kind: "atLeast", min, parts: parts.map((part) => this.gateOf(part, isFound)) };
      }
      case "not":
        return { kind: "not", part: this.gateOf(predicate.part, isFound) };
      case "field":
      case "anywhere":
      case "fieldref":
        if (isLeaf(predicate, isFound)) return this.#signalOf([predicate]);
        return this.#viewOf(predicate);
    }
  }

  /** What compares a value is asked only where there is one. */
  #viewOf(predicate: Predicate & { readonly kind: "field" | "anywhere" | "fieldref" }): Gate {
    const view: Gate = { kind: "view", test: compilePredicate(predicate) };
    switch (predicate.kind) {
      case "anywhere":
        return view;
      case "fieldref":
        return {
          kind: "all",
          parts: [this.#presenceOf(predicate.field), this.#presenceOf(predicate.comparison.other), view],
        };
      case "field": {
        const { field, test } = predicate;
        if (test.kind === "exists") {
          const presence = this.#presenceOf(field);
          return test.expected ? presence : { kind: "not", part: presence };
        }
        if (test.kind === "regex") return this.#regexOf(field, test.regex.literals, view);
        if (test.kind !== "raw" && test.kind !== "number") return view;
        return { kind: "all", parts: [this.#presenceOf(field), view] };
      }
    }
  }

  /** Where a slot's literals are few, all of them are found in passing, and the expression is asked only where one stands. */
  #regexOf({ slot }: FieldRef, literals: readonly string[], view: Gate): Gate {
    const areFew = (this.#literals.get(slot) ?? 0) <= GRAM_LITERALS_MAX;
    if (!areFew || literals.length === 0 || literals.some(({ length }) => length < GRAM_CHARS_MIN)) return view;
    const signals = this.#signalsOf(slot);
    const leaf = signals.leafOf({
      kind: "text",
      key: ["literals", ...literals].join("\u0001"),
      cased: false,
      test: (text) => literals.some((literal) => text.includes(literal)),
      literals,
      isLiteral: true,
    });
    return { kind: "all", parts: [{ kind: "signal", signal: signals.signalOf([leaf]) }, view] };
  }

  #presenceOf({ slot }: FieldRef): Gate {
    return { kind: "signal", signal: this.#signalsOf(slot).presenceSignal() };
  }

  #signalsOf(slot: number): SlotSignals {
    let signals = this.slots.get(slot);
    if (signals === undefined) this.slots.set(slot, (signals = new SlotSignals(slot)));
    return signals;
  }

  #allOf(parts: readonly Predicate[], isFound: boolean): Gate[] {
    return parts.map((part) =>
      this.gateOf(part, isFound || parts.some((other) => other !== part && hasLiteral(other))),
    );
  }

  /** All alternatives of one slot that are leaves become one signal. */
  #anyOf(parts: readonly Predicate[], isFound: boolean): Gate {
    const leaves = new Map<number, LeafPredicate[]>();
    const gates: Gate[] = [];
    for (const part of flatten(parts)) {
      if (!isLeaf(part, isFound)) gates.push(this.gateOf(part, isFound));
      else leaves.set(slotOf(part), [...(leaves.get(slotOf(part)) ?? []), part]);
    }
    gates.unshift(...[...leaves.values()].map((group) => this.#signalOf(group)));
    const [only] = gates;
    return gates.length === 1 && only !== undefined ? only : { kind: "any", parts: gates };
  }

  /** @param group leaves of one slot */
  #signalOf(group: readonly LeafPredicate[]): Gate {
    const signals = this.#signalsOf(slotOf(elementAt(group, 0)));
    const numbers = group.map(({ test }) => signals.leafOf(test));
    return { kind: "signal", signal: signals.signalOf(numbers) };
  }
}

type LeafPredicate = Predicate & { readonly kind: "field" | "anywhere"; readonly test: LeafTest };

function isLeaf(predicate: Predicate, isFound: boolean): predicate is LeafPredicate {
  if (predicate.kind !== "field" && predicate.kind !== "anywhere") return false;
  const { test } = predicate;
  if (test.kind !== "text" && test.kind !== "regex") return false;
  const chars = literalChars(test);
  if (predicate.kind === "anywhere") return chars >= literalCharsMin(WHOLE_RECORD);
  return (
    !isFound || (test.kind === "text" && test.exact !== undefined) || chars >= literalCharsMin(predicate.field.slot)
  );
}

function countLiterals(predicate: Predicate, counts: Map<number, number>): void {
  switch (predicate.kind) {
    case "all":
    case "any":
    case "atLeast":
      for (const part of predicate.parts) countLiterals(part, counts);
      return;
    case "not":
      countLiterals(predicate.part, counts);
      return;
    case "field": {
      const { field, test } = predicate;
      const { literals } = test.kind === "text" ? test : test.kind === "regex" ? test.regex : NO_LITERALS;
      counts.set(field.slot, (counts.get(field.slot) ?? 0) + literals.length);
      return;
    }
    case "anywhere":
    case "fieldref":
      return;
  }
}

const NO_LITERALS = { literals: [] };

/** Length of what can be looked for; 0 when no literal finds the texts on which the test holds. */
function literalChars(test: LeafTest): number {
  const { literals } = test.kind === "text" ? test : test.regex;
  return literals.length === 0 ? 0 : Math.min(...literals.map((literal) => literal.length));
}

/** Whether literals find every record on which the predicate holds. */
function hasLiteral(predicate: Predicate): boolean {
  switch (predicate.kind) {
    case "all":
      return predicate.parts.some(hasLiteral);
    case "any":
    case "atLeast":
      return predicate.parts.every(hasLiteral);
    case "field":
    case "anywhere":
      return isLeaf(predicate, true);
    case "not":
    case "fieldref":
      return false;
  }
}

const slotOf = (leaf: LeafPredicate): number => (leaf.kind === "field" ? leaf.field.slot : WHOLE_RECORD);

function flatten(parts: readonly Predicate[]): Predicate[] {
  return parts.flatMap((part) => (part.kind === "any" ? flatten(part.parts) : [part]));
}

/**
 * Signals of which at least one is up whenever the gate holds, those with the least cost where there is a choice;
 * undefined when the gate can hold without any.
 */
export function necessarySignals(gate: Gate, costOf: (signal: Signal) => number): readonly Signal[] | undefined {
  switch (gate.kind) {
    case "signal":
      return [gate.signal];
    case "all":
      return cheapest(
        gate.parts.map((part) => necessarySignals(part, costOf)),
        costOf,
      );
    case "any":
    case "atLeast": {
      const parts = gate.parts.map((part) => necessarySignals(part, costOf));
      return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
    }
    case "not":
    case "view":
      return undefined;
  }
}

function cheapest(
  choices: readonly (readonly Signal[] | undefined)[],
  costOf: (signal: Signal) => number,
): readonly Signal[] | undefined {
  let best: readonly Signal[] | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const choice of choices) {
    if (choice === undefined) continue;
    const cost = choice.reduce((sum, signal) => sum + costOf(signal), 0);
    if (cost < bestCost) [best, bestCost] = [choice, cost];
  }
  return best;
}
