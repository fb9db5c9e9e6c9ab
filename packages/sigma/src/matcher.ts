import { compileAll, compileAny, compileAtLeast, type Test } from "./compile-predicate.ts";
import type { FieldRef, Predicate } from "./predicate.ts";
import { necessarySignals, SignalTable, WHOLE_RECORD, type Gate, type Signal } from "./signals.ts";
import { SlotState, type Reading } from "./slot-state.ts";
import type { Presentation } from "./types.ts";
import { ValueMemo } from "./value-memo.ts";
import type { EventView } from "./view.ts";

/** What the matcher needs of a rule. */
export interface Matchable {
  readonly predicate: Predicate;
}

interface Entry<Rule> {
  readonly rule: Rule;
  readonly gate: Gate;
  readonly test: Test;
  /** Number of the record on which it was last tested. */
  mark: number;
}

/** A slot with the rules that wait for its signals. */
interface Slot<Rule> {
  readonly state: SlotState;
  /** By signal. */
  watchers: (Entry<Rule>[] | undefined)[];
  readonly timesUp: Float64Array;
}

/** Where a key of a record leads. */
interface KeyTarget<Rule> {
  readonly slot: Slot<Rule> | undefined;
  /** The key has spaces and stands for a name without: only the view can tell whether something else does. */
  readonly spaced: boolean;
  /** Slots whose dotted names begin with the key. */
  readonly below: readonly Slot<Rule>[];
  readonly memo: ValueMemo<ScalarReading> | undefined;
}

/** What a scalar raises in its slot and among the keywords; undefined is nothing. */
interface ScalarReading {
  readonly own: Reading | undefined;
  readonly anywhere: Reading | undefined;
}

/** Records after which the rules' watched signals are chosen anew, by how often each signal was up in a sample. */
const RETRAIN_AFTER: readonly number[] = [256, 2048, 32_768];
/** Every record is sampled at first, later one in so many. */
const SAMPLE_ALL_UNTIL = 2048;
const SAMPLE_ONE_IN = 32;
/** Record keys whose target is remembered, and of these such whose values are; ever new keys must not fill the memory. */
const KEYS_MAX = 10_000;
const MEMOS_MAX = 128;

/**
 * The rules of one logsource. A record raises signals, text by text; only rules of which a necessary signal is up are
 * tested, and their tests look at signals, not at texts.
 */
export class Matcher<Rule extends Matchable> {
  readonly #fields: readonly FieldRef[];
  readonly #entries: readonly Entry<Rule>[];
  /** By the slot's number in views. */
  readonly #slots = new Map<number, Slot<Rule>>();
  readonly #anywhere: Slot<Rule> | undefined;
  readonly #targets = new Map<string, KeyTarget<Rule>>();
  readonly #slotByName = new Map<string, Slot<Rule>>();
  readonly #dottedByHead = new Map<string, Slot<Rule>[]>();
  #unwatched: readonly Entry<Rule>[] = [];
  /** Slots that the record at hand raised something in. */
  readonly #used: Slot<Rule>[] = [];
  /** Rules to test for the record at hand. */
  readonly #waiting: Entry<Rule>[] = [];
  #record = 0;

  constructor(rules: readonly Rule[], fields: readonly FieldRef[]) {
    this.#fields = fields;
    const table = new SignalTable();
    const gates = rules.map((rule) => ({ rule, gate: table.gateOf(rule.predicate) }));
    for (const [number, signals] of table.slots) {
      const timesUp = new Float64Array(signals.signals.length);
      this.#slots.set(number, { state: new SlotState(signals), watchers: [], timesUp });
    }
    this.#anywhere = this.#slots.get(WHOLE_RECORD);
    this.#indexNames();
    this.#entries = gates.map(({ rule, gate }) => ({ rule, gate, test: this.#compile(gate), mark: 0 }));
    this.#watch(guessCost);
  }

  /** Whether no rule looks at this logsource. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Adds every rule that matches the record to `matched`, in no order, once each. */
  match(presentation: Presentation, view: EventView, matched: Rule[]): void {
    this.#record += 1;
    // the fields of a host that answers single questions may be costly to build
    if (presentation.peek === undefined && isPlain(presentation.fields)) this.#walk(presentation.fields, view);
    else this.#probe(view);
    for (const entry of this.#waiting) {
      if (entry.mark === this.#record) continue;
      entry.mark = this.#record;
      if (entry.test(view)) matched.push(entry.rule);
    }
    for (const entry of this.#unwatched) if (entry.test(view)) matched.push(entry.rule);
    this.#endRecord();
  }

  #endRecord(): void {
    const sampled = this.#record <= SAMPLE_ALL_UNTIL || this.#record % SAMPLE_ONE_IN === 0;
    for (const { state, timesUp } of this.#used) {
      if (sampled) countBits(state.bits, timesUp);
      state.bits = state.nothing.bits;
    }
    if (this.#used.length > 0) this.#used.length = 0;
    if (this.#waiting.length > 0) this.#waiting.length = 0;
    if (RETRAIN_AFTER.includes(this.#record)) this.#watch((signal) => this.#timesUp(signal));
  }

  /** A flat record tells its fields by its own keys, which are fewer than the fields that rules name. */
  #walk(fields: Presentation["fields"], view: EventView): void {
    let isNested = false;
    let hasSpaces = false;
    for (const key in fields) {
      const value = fields[key];
      const target = this.#targets.get(key) ?? this.#targetOf(key);
      hasSpaces ||= target.spaced;
      if (typeof value === "object") {
        if (value === null) continue;
        isNested = true;
        if (target.slot !== undefined) this.#addAll(target.slot, view);
        for (const dotted of target.below) this.#addAll(dotted, view);
      } else if (target.slot !== undefined || this.#anywhere !== undefined) this.#addScalar(target, value, view);
    }
    if (!hasSpaces) view.keysHaveNoSpaces();
    if (isNested && this.#anywhere !== undefined) this.#addTexts(this.#anywhere, view.allValues().texts, view);
  }

  /** A scalar of a flat record, in its slot and for the keywords. */
  #addScalar(target: KeyTarget<Rule>, value: unknown, view: EventView): void {
    const { slot, spaced, memo } = target;
    const { own, anywhere } = memo?.get(value) ?? this.#readScalar(target, value, view);
    if (spaced && slot !== undefined) this.#addAll(slot, view);
    else if (own !== undefined && slot !== undefined) this.#add(slot, own);
    if (anywhere !== undefined && this.#anywhere !== undefined) this.#add(this.#anywhere, anywhere);
  }

  #readScalar({ slot, spaced, memo }: KeyTarget<Rule>, value: unknown, view: EventView): ScalarReading {
    const text = view.textOf(value);
    if (text === undefined) return RAISES_NOTHING;
    const read = (one: Slot<Rule> | undefined): Reading | undefined => {
      const reading = one?.state.read(text, view.budget);
      return reading === one?.state.nothing ? undefined : reading;
    };
    const own = spaced ? undefined : read(slot);
    const anywhere = read(this.#anywhere);
    const found = own === undefined && anywhere === undefined ? RAISES_NOTHING : { own, anywhere };
    if (!view.budget.exhausted) memo?.set(value, found);
    return found;
  }

  /** Any other record is asked for the fields that rules name. */
  #probe(view: EventView): void {
    for (const slot of this.#slots.values()) if (slot !== this.#anywhere) this.#addAll(slot, view);
    if (this.#anywhere !== undefined) this.#addTexts(this.#anywhere, view.allValues().texts, view);
  }

  #addAll(slot: Slot<Rule>, view: EventView): void {
    this.#addTexts(slot, view.values(slot.state.signals.slot).texts, view);
  }

  #addTexts(slot: Slot<Rule>, texts: readonly string[], view: EventView): void {
    for (const text of texts) {
      const reading = slot.state.read(text, view.budget);
      if (reading !== slot.state.nothing) this.#add(slot, reading);
    }
  }

  #add(slot: Slot<Rule>, reading: Reading): void {
    const { state, watchers } = slot;
    if (state.bits === state.nothing.bits) this.#used.push(slot);
    state.add(reading);
    for (const signal of reading.watched) {
      const entries = watchers[signal];
      if (entries !== undefined) for (const entry of entries) this.#waiting.push(entry);
    }
  }

  #indexNames(): void {
    for (const [number, slot] of this.#slots) {
      const name = this.#fields[number]?.name;
      if (name === undefined) continue;
      this.#slotByName.set(name, slot);
      const [head = "", ...rest] = name.split(".");
      if (rest.length > 0) this.#dottedByHead.set(head, [...(this.#dottedByHead.get(head) ?? []), slot]);
    }
  }

  #targetOf(key: string): KeyTarget<Rule> {
    const name = key.includes(" ") ? key.replaceAll(" ", "") : key;
    const below = this.#dottedByHead.get(key) ?? [];
    const memo = this.#targets.size < MEMOS_MAX ? new ValueMemo<ScalarReading>() : undefined;
    const target = { slot: this.#slotByName.get(name), spaced: name !== key, below, memo };
    if (this.#targets.size < KEYS_MAX) this.#targets.set(key, target);
    return target;
  }

  #timesUp({ slot, index }: Signal): number {
    return (this.#slots.get(slot)?.timesUp[index] ?? 0) + SELDOM;
  }

  /** Each rule is found by the signals it cannot do without, those that cost least. */
  #watch(costOf: (signal: Signal) => number): void {
    const unwatched: Entry<Rule>[] = [];
    for (const slot of this.#slots.values()) slot.watchers = [];
    for (const entry of this.#entries) {
      const signals = necessarySignals(entry.gate, costOf);
      if (signals === undefined) unwatched.push(entry);
      for (const { slot, index } of new Set(signals)) {
        const watchers = this.#slots.get(slot)?.watchers;
        if (watchers !== undefined) (watchers[index] ??= []).push(entry);
      }
    }
    for (const { state, watchers } of this.#slots.values()) state.watch(Object.keys(watchers).map(Number));
    for (const { memo } of this.#targets.values()) memo?.clear();
    this.#unwatched = unwatched;
  }

  #compile(gate: Gate): Test {
    switch (gate.kind) {
      case "signal":
        return this.#compileSignal(gate.signal);
      case "view":
        return gate.test;
      case "not": {
        const test = this.#compile(gate.part);
        return (view) => !test(view);
      }
      case "all":
        return compileAll(inOrder(gate.parts).map((part) => this.#compile(part)));
      case "any":
        return compileAny(inOrder(gate.parts).map((part) => this.#compile(part)));
      case "atLeast":
        return compileAtLeast(
          gate.parts.map((part) => this.#compile(part)),
          gate.min,
        );
    }
  }

  #compileSignal({ slot, index }: Signal): Test {
    const state = this.#slots.get(slot)?.state;
    if (state === undefined) return () => false;
    const word = index >>> 5;
    const mask = 1 << (index & 31);
    return () => ((state.bits[word] ?? 0) & mask) !== 0;
  }
}

/** What a signal costs that was never up: of two such, the one with fewer alternatives is better. */
const SELDOM = 0.01;
const RAISES_NOTHING: ScalarReading = { own: undefined, anywhere: undefined };

function isPlain(fields: Presentation["fields"]): boolean {
  const prototype: unknown = Object.getPrototypeOf(fields);
  return prototype === Object.prototype || prototype === null;
}

function countBits(bits: Uint32Array, counts: Float64Array): void {
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word] ?? 0; rest !== 0; rest &= rest - 1) {
      const index = word * 32 + (31 - Math.clz32(rest & -rest));
      counts[index] = (counts[index] ?? 0) + 1;
    }
  }
}

/** Signals cost nothing; what is tested on the view comes last. */
function inOrder(parts: readonly Gate[]): readonly Gate[] {
  return [...parts].sort((left, right) => weightOf(left) - weightOf(right));
}

function weightOf(gate: Gate): number {
  switch (gate.kind) {
    case "signal":
      return 1;
    case "view":
      return 100;
    case "not":
      return weightOf(gate.part);
    case "all":
    case "any":
    case "atLeast":
      return gate.parts.reduce((sum, part) => sum + weightOf(part), 1);
  }
}

/** A guess before records were seen: long texts are rare, many alternatives and short exact values (an event id) are not. */
function guessCost({ leaves }: Signal): number {
  return leaves.reduce((sum, { test }) => {
    const literals = test.kind === "regex" ? test.regex.literals : [test.literal];
    return literals.reduce((cost, literal) => cost + 2 ** -Math.min(literal.length, 16), sum);
  }, 0);
}
