import { compileAll, compileAny, compileAtLeast, type Test } from "./compile-predicate.ts";
import { KeyTree, type KeyPlace, type ScalarReading } from "./key-tree.ts";
import type { FieldRef, Predicate } from "./predicate.ts";
import type { StepBudget } from "./regex.ts";
import { necessarySignals, SignalTable, WHOLE_RECORD, type Gate, type Signal } from "./signals.ts";
import { SlotState, type Reading } from "./slot-state.ts";
import type { Presentation } from "./types.ts";
import { MANY_SHORT, ValueMemo, type MemoSize } from "./value-memo.ts";
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
  /** What texts raised, of those that are long or in lists: outputs of the same tools and commands are often the same. */
  readonly memo: ValueMemo<Reading>;
  /** By signal. */
  watchers: (Entry<Rule>[] | undefined)[];
  readonly timesUp: Float64Array;
}

interface Raised<Rule> {
  readonly slot: Slot<Rule>;
  readonly reading: Reading;
}

/** What the common fields of an event's presentations raise. */
interface Common<Rule> {
  readonly fields: PlainObject;
  /** that of the event */
  readonly budget: StepBudget;
  readonly raised: readonly Raised<Rule>[];
}

/** Records after which the rules' watched signals are chosen anew, by how often each signal was up in a sample. */
const RETRAIN_AFTER: readonly number[] = [256, 2048, 32_768];
/** Every record is sampled at first, later one in so many. */
const SAMPLE_ALL_UNTIL = 2048;
const SAMPLE_ONE_IN = 32;
/** Objects are walked so deep; what is nested deeper is read through the view. */
const WALKED_DEPTH_MAX = 8;

/**
 * The rules of one logsource. A record raises signals, text by text; only rules of which a necessary signal is up are
 * tested, and their tests look at signals, not at texts.
 */
export class Matcher<Rule extends Matchable> {
  readonly #entries: readonly Entry<Rule>[];
  /** By the slot's number in views. */
  readonly #slots = new Map<number, Slot<Rule>>();
  readonly #anywhere: Slot<Rule> | undefined;
  readonly #keys: KeyTree<Slot<Rule>>;
  #unwatched: readonly Entry<Rule>[] = [];
  /** Slots that the record at hand raised something in. */
  readonly #used: Slot<Rule>[] = [];
  /** Rules to test for the record at hand. */
  readonly #waiting: Entry<Rule>[] = [];
  #record = 0;
  #common: Common<Rule> | undefined;
  /** What is raised, while common fields are walked. */
  #noted: Raised<Rule>[] | undefined;

  constructor(rules: readonly Rule[], fields: readonly FieldRef[]) {
    const table = new SignalTable(rules.map(({ predicate }) => predicate));
    const gates = rules.map((rule) => ({ rule, gate: table.gateOf(rule.predicate) }));
    for (const [number, signals] of table.slots) {
      const timesUp = new Float64Array(signals.signals.length);
      this.#slots.set(number, { state: new SlotState(signals), memo: new ValueMemo(FEW_LONG), watchers: [], timesUp });
    }
    this.#anywhere = this.#slots.get(WHOLE_RECORD);
    this.#keys = new KeyTree(this.#slotsByName(fields));
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
    if (presentation.peek !== undefined || !isPlain(presentation.fields)) this.#probe(view);
    else if (presentation.common === undefined) this.#walk(presentation.fields, view);
    else this.#walkBoth(presentation.fields, presentation.common, view);
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
      state.bits = state.none;
    }
    if (this.#used.length > 0) this.#used.length = 0;
    if (this.#waiting.length > 0) this.#waiting.length = 0;
    if (RETRAIN_AFTER.includes(this.#record)) this.#watch((signal) => this.#timesUp(signal));
  }

  /** Where keys are not what they seem, or stand in both, the view decides. */
  #walkBoth(fields: PlainObject, common: PlainObject, view: EventView): void {
    const isKnown = this.#common?.fields === common && this.#common.budget === view.budget;
    if (!isKnown && !(isPlain(common) && this.#hasPlainKeys(common))) return this.#probe(view);
    if (!this.#hasPlainKeys(fields, common)) return this.#probe(view);
    view.keysHaveNoSpaces();
    if (isKnown) for (const { slot, reading } of this.#common?.raised ?? []) this.#add(slot, reading);
    else this.#walkCommon(common, view);
    this.#walk(fields, view);
  }

  #hasPlainKeys(fields: PlainObject, others: PlainObject = {}): boolean {
    for (const key in fields) {
      const { spaced, dotted } = this.#keys.top(key);
      if (spaced || dotted || Object.hasOwn(others, key)) return false;
    }
    return true;
  }

  #walkCommon(common: PlainObject, view: EventView): void {
    const raised = (this.#noted = []);
    try {
      const isAllSeen = this.#walk(common, view);
      this.#common = isAllSeen ? { fields: common, budget: view.budget, raised } : undefined;
    } finally {
      this.#noted = undefined;
    }
  }

  /** A plain record tells its fields by its own keys, fewer than rules name. @returns false when the view was asked, too */
  #walk(fields: PlainObject, view: EventView): boolean {
    let isNested = false;
    let hasSpaces = false;
    let hasDots = false;
    for (const key in fields) {
      const value = fields[key];
      const place = this.#keys.top(key);
      hasSpaces ||= place.spaced;
      hasDots ||= place.dotted;
      if (typeof value === "object" && value !== null) isNested = true;
      else if (place.slot !== undefined || this.#anywhere !== undefined) this.#addScalar(place, value, view);
    }
    if (!hasSpaces) view.keysHaveNoSpaces();
    return !isNested || this.#walkObjects(fields, hasDots, view);
  }

  /** The objects of a record. Where a key with dots may stand for a path, the view decides. */
  #walkObjects(fields: PlainObject, hasDots: boolean, view: EventView): boolean {
    let isAllSeen = true;
    for (const key in fields) {
      const value = fields[key];
      if (typeof value !== "object" || value === null) continue;
      const place = this.#keys.top(key);
      if (place.slot !== undefined) this.#addAll(place.slot, view);
      const isSeen = !hasDots && !place.spaced && this.#walkObject(place, value, 1, view);
      if (isSeen) continue;
      isAllSeen = false;
      for (const slot of place.below) this.#addAll(slot, view);
    }
    if (!isAllSeen && this.#anywhere !== undefined) this.#addTexts(this.#anywhere, view.allValues().texts, view);
    return isAllSeen;
  }

  /** @returns false when something inside has to be read through the view */
  #walkObject(parent: KeyPlace<Slot<Rule>>, node: object, depth: number, view: EventView): boolean {
    if (depth > WALKED_DEPTH_MAX || !isPlain(node)) return false;
    let isNested = false;
    let hasDots = false;
    for (const key in node) {
      const value = node[key];
      const place = this.#keys.child(parent, key);
      hasDots ||= place.dotted;
      if (typeof value === "object" && value !== null) isNested = true;
      else if (place.slot !== undefined || this.#anywhere !== undefined) this.#addScalar(place, value, view);
    }
    return !isNested || (!hasDots && this.#walkChildren(parent, node, depth, view));
  }

  #walkChildren(parent: KeyPlace<Slot<Rule>>, node: PlainObject, depth: number, view: EventView): boolean {
    for (const key in node) {
      const value = node[key];
      if (typeof value !== "object" || value === null) continue;
      const place = this.#keys.child(parent, key);
      if (place.slot !== undefined) this.#addAll(place.slot, view);
      if (!this.#walkObject(place, value, depth + 1, view)) return false;
    }
    return true;
  }

  /** A scalar of a record, in its slot and for the keywords. */
  #addScalar(place: KeyPlace<Slot<Rule>>, value: unknown, view: EventView): void {
    const { slot, spaced, memo } = place;
    const { own, anywhere } = memo?.get(value) ?? this.#readScalar(place, value, view);
    if (spaced && slot !== undefined) this.#addAll(slot, view);
    else if (own !== undefined && slot !== undefined) this.#add(slot, own);
    if (anywhere !== undefined && this.#anywhere !== undefined) this.#add(this.#anywhere, anywhere);
  }

  #readScalar({ slot, spaced, memo }: KeyPlace<Slot<Rule>>, value: unknown, view: EventView): ScalarReading {
    const text = view.textOf(value);
    if (text === undefined) return spaced || slot === undefined ? RAISES_NOTHING : present(slot.state);
    const found = this.#readText(text, spaced ? undefined : slot, view);
    if (!view.budget.exhausted) memo?.set(value, found);
    return found;
  }

  #readText(text: string, slot: Slot<Rule> | undefined, view: EventView): ScalarReading {
    const keywords = this.#anywhere;
    if (slot !== undefined && keywords !== undefined) {
      const [own, anywhere] = slot.state.readWith(keywords.state, text, view.budget);
      return readingOf(raised(own, slot.state), raised(anywhere, keywords.state));
    }
    return readingOf(
      slot && raised(this.#readLong(slot, text, view), slot.state),
      keywords && raised(this.#readLong(keywords, text, view), keywords.state),
    );
  }

  /** Short scalars are remembered with their keys. */
  #readLong(slot: Slot<Rule>, text: string, view: EventView): Reading {
    return text.length > MANY_SHORT.charsMax ? this.#readOne(slot, text, view) : slot.state.read(text, view.budget);
  }

  /** Any other record is asked for the fields that rules name. */
  #probe(view: EventView): void {
    for (const slot of this.#slots.values()) if (slot !== this.#anywhere) this.#addAll(slot, view);
    if (this.#anywhere !== undefined) this.#addTexts(this.#anywhere, view.allValues().texts, view);
  }

  #addAll(slot: Slot<Rule>, view: EventView): void {
    const { present: isThere, texts } = view.values(slot.state.signals.slot);
    if (isThere && texts.length === 0) this.#add(slot, slot.state.least);
    else this.#addTexts(slot, texts, view);
  }

  #addTexts(slot: Slot<Rule>, texts: readonly string[], view: EventView): void {
    for (const text of texts) this.#add(slot, this.#readOne(slot, text, view));
  }

  #readOne({ state, memo }: Slot<Rule>, text: string, view: EventView): Reading {
    const known = memo.get(text);
    if (known !== undefined) return known;
    const reading = state.read(text, view.budget);
    if (!view.budget.exhausted) memo.set(text, reading);
    return reading;
  }

  #add(slot: Slot<Rule>, reading: Reading): void {
    const { state, watchers } = slot;
    if (reading.bits === state.none) return;
    this.#noted?.push({ slot, reading });
    if (state.bits === state.none) this.#used.push(slot);
    state.add(reading);
    for (const signal of reading.watched) {
      const entries = watchers[signal];
      if (entries !== undefined) for (const entry of entries) this.#waiting.push(entry);
    }
  }

  #slotsByName(fields: readonly FieldRef[]): Map<string, Slot<Rule>> {
    const named = new Map<string, Slot<Rule>>();
    for (const { name, slot: number } of fields) {
      const slot = this.#slots.get(number);
      if (slot !== undefined) named.set(name, slot);
    }
    return named;
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
    for (const { memo } of this.#slots.values()) memo.clear();
    this.#keys.forgetValues();
    this.#common = undefined;
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

const FEW_LONG: MemoSize = { entriesMax: 64, charsMax: 2048 };
/** What a signal costs that was never up: of two such, the one with fewer alternatives is better. */
const SELDOM = 0.01;
const RAISES_NOTHING: ScalarReading = { own: undefined, anywhere: undefined };

const present = (state: SlotState): ScalarReading => readingOf(raised(state.least, state), undefined);

const raised = (reading: Reading, { none }: SlotState): Reading | undefined =>
  reading.bits === none ? undefined : reading;

const readingOf = (own: Reading | undefined, anywhere: Reading | undefined): ScalarReading =>
  own === undefined && anywhere === undefined ? RAISES_NOTHING : { own, anywhere };

type PlainObject = Presentation["fields"];

function isPlain(node: object): node is PlainObject {
  const prototype: unknown = Object.getPrototypeOf(node);
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
  if (leaves.length === 0) return 1;
  return leaves.reduce((sum, { test }) => {
    const { literals } = test.kind === "regex" ? test.regex : test;
    return literals.reduce((cost, literal) => cost + 2 ** -Math.min(literal.length, 16), sum);
  }, 0);
}
