import { hashText } from "./hash.ts";
import type { FieldRef } from "./predicate.ts";
import type { StepBudget } from "./regex.ts";
import { foldText } from "./text.ts";
import { NO_FIELD, type EngineLimits, type Presentation } from "./types.ts";

export interface ViewCounts {
  truncatedValues: number;
}

/** What a field holds: the texts of its scalars, and whether one is null. */
export interface FieldValues {
  readonly present: boolean;
  readonly hasNull: boolean;
  readonly texts: readonly string[];
}

interface Slot {
  readonly index: number;
  readonly values: FieldValues;
  /** The one that was asked for before. */
  readonly next: Slot | undefined;
  folded: readonly string[] | undefined;
  hash: number | undefined;
}

interface Collected {
  readonly texts: string[];
  hasNull: boolean;
}

type Limits = Pick<EngineLimits, "textCharsMax" | "valuesMax" | "depthMax">;
type Fields = Presentation["fields"];

const ABSENT: FieldValues = { present: false, hasNull: false, texts: [] };
const NO_FIELDS: Fields = {};
const PATH_PARTS_MAX = 16;
const SLOTS_MANY = 12;

/** Splits dotted names once: `tails[i]` is the name from part i on. */
interface Path {
  readonly parts: readonly string[];
  readonly tails: readonly string[];
}

/** The fields that rules ask for, and the way to each. */
export interface Layout {
  readonly refs: readonly FieldRef[];
  readonly paths: readonly Path[];
}

export function layOut(refs: readonly FieldRef[]): Layout {
  return { refs, paths: buildPaths(refs) };
}

function buildPaths(fields: readonly FieldRef[]): readonly Path[] {
  return fields.map(({ name }) => {
    const parts = name.split(".").slice(0, PATH_PARTS_MAX);
    return { parts, tails: parts.map((_, index) => name.split(".").slice(index).join(".")) };
  });
}

/** One presentation of one event, read lazily: a field is looked up, turned to text and folded once, whoever asks. */
export class EventView {
  readonly budget: StepBudget;
  readonly #record: Presentation;
  readonly #refs: readonly FieldRef[];
  readonly #paths: readonly Path[];
  readonly #limits: Limits;
  readonly #counts: ViewCounts;
  /** The slots that were asked for, the last one first; found one by one while they are few. */
  #slots: Slot | undefined;
  #slotCount = 0;
  #slotsByIndex: Map<number, Slot> | undefined;
  #anywhere: Slot | undefined;
  #spaceless: ReadonlyMap<string, string> | undefined;

  constructor(record: Presentation, layout: Layout, limits: Limits, budget: StepBudget, counts: ViewCounts) {
    this.#record = record;
    this.#refs = layout.refs;
    this.#paths = layout.paths;
    this.#limits = limits;
    this.#counts = counts;
    this.budget = budget;
  }

  values(slot: number): FieldValues {
    return this.#slot(slot).values;
  }

  folded(slot: number): readonly string[] {
    return foldSlot(this.#slot(slot));
  }

  /** Of the slot's texts as they stand, counted once. */
  hash(slot: number): number {
    const known = this.#slot(slot);
    known.hash ??= known.values.texts.reduce((sum, text) => hashText(text, sum | 0), known.values.texts.length);
    return known.hash;
  }

  /** The texts of the whole record, for keywords. */
  allValues(): FieldValues {
    return this.#all().values;
  }

  allFolded(): readonly string[] {
    return foldSlot(this.#all());
  }

  get #fields(): Fields {
    return this.#record.fields;
  }

  get #common(): Fields {
    return this.#record.common ?? NO_FIELDS;
  }

  #all(): Slot {
    this.#anywhere ??= {
      index: -1,
      values: this.#toValues({ ...this.#common, ...this.#fields }),
      next: undefined,
      folded: undefined,
      hash: undefined,
    };
    return this.#anywhere;
  }

  #slot(index: number): Slot {
    return (
      this.#findSlot(index) ??
      this.#addSlot({ index, values: this.#read(index), next: this.#slots, folded: undefined, hash: undefined })
    );
  }

  #findSlot(index: number): Slot | undefined {
    if (this.#slotsByIndex !== undefined) return this.#slotsByIndex.get(index);
    let slot = this.#slots;
    while (slot !== undefined && slot.index !== index) slot = slot.next;
    return slot;
  }

  #addSlot(slot: Slot): Slot {
    this.#slots = slot;
    this.#slotCount += 1;
    if (this.#slotCount === SLOTS_MANY) {
      this.#slotsByIndex = new Map();
      for (let one: Slot | undefined = slot; one !== undefined; one = one.next) this.#slotsByIndex.set(one.index, one);
    } else this.#slotsByIndex?.set(slot.index, slot);
    return slot;
  }

  #read(index: number): FieldValues {
    const name = this.#refs[index]?.name ?? "";
    const peeked = this.#record.peek?.(name);
    if (peeked === NO_FIELD) return ABSENT;
    if (peeked !== undefined) return this.#toValues(peeked);
    const own = this.#ownValue(name);
    if (own !== MISSING) return this.#toValues(own);
    const path = this.#paths[index];
    if (path !== undefined && path.parts.length > 1) {
      const found: unknown[] = [];
      this.#descend(this.#fields, path, 0, found);
      if (found.length === 0) this.#descend(this.#common, path, 0, found);
      if (found.length > 0) return this.#toValues(found.length === 1 ? found[0] : found);
    }
    const spaced = this.#withoutSpaces().get(name);
    return spaced === undefined ? ABSENT : this.#toValues(this.#ownValue(spaced));
  }

  #ownValue(key: string): unknown {
    const own = propertyOf(this.#fields, key);
    return own === MISSING ? propertyOf(this.#common, key) : own;
  }

  /** Collects what a dotted name leads to, through lists, taking the longest key first where keys hold dots themselves. */
  #descend(node: unknown, path: Path, from: number, found: unknown[]): void {
    if (typeof node !== "object" || node === null || found.length >= this.#limits.valuesMax) return;
    if (Array.isArray(node)) {
      const items: readonly unknown[] = node;
      for (const item of items.slice(0, this.#limits.valuesMax)) {
        if (!Array.isArray(item)) this.#descend(item, path, from, found);
      }
      return;
    }
    const tail = path.tails[from] ?? "";
    const own = propertyOf(node, tail);
    if (own !== MISSING) {
      found.push(own);
      return;
    }
    const child = propertyOf(node, path.parts[from] ?? "");
    if (child !== MISSING && from + 1 < path.parts.length) this.#descend(child, path, from + 1, found);
  }

  /** For who has seen all keys and knows that none has a space. */
  keysHaveNoSpaces(): void {
    this.#spaceless = NO_SPACES;
  }

  #withoutSpaces(): ReadonlyMap<string, string> {
    if (this.#spaceless !== undefined) return this.#spaceless;
    let map: Map<string, string> | undefined;
    for (const fields of [this.#common, this.#fields]) {
      for (const key in fields) if (key.includes(" ")) (map ??= new Map()).set(key.replaceAll(" ", ""), key);
    }
    this.#spaceless = map ?? NO_SPACES;
    return this.#spaceless;
  }

  /** A scalar as text, cut at the limit; undefined for what is none. */
  textOf(value: unknown): string | undefined {
    if (typeof value === "string") return this.#cut(value);
    const isScalar = typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";
    return isScalar ? String(value) : undefined;
  }

  #toValues(value: unknown): FieldValues {
    if (typeof value === "string" && value.length <= this.#limits.textCharsMax) {
      return { present: true, hasNull: false, texts: [value] };
    }
    const collected: Collected = { texts: [], hasNull: false };
    this.#collect(value, collected, 0);
    return { present: true, hasNull: collected.hasNull, texts: collected.texts };
  }

  /** Takes the scalars of a value in order, through lists and maps, up to the limits. */
  #collect(value: unknown, into: Collected, depth: number): void {
    if (depth > this.#limits.depthMax) {
      this.#counts.truncatedValues += 1;
      return;
    }
    if (value === null || value === undefined) into.hasNull = into.hasNull || depth === 0;
    else if (typeof value === "object") this.#collectAll(value, into, depth + 1);
    else {
      const text = this.textOf(value);
      if (text !== undefined) into.texts.push(text);
    }
  }

  #collectAll(value: object, into: Collected, depth: number): void {
    const list: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    for (const item of list) {
      if (into.texts.length >= this.#limits.valuesMax) {
        this.#counts.truncatedValues += 1;
        return;
      }
      this.#collect(item, into, depth);
    }
  }

  #cut(text: string): string {
    if (text.length <= this.#limits.textCharsMax) return text;
    this.#counts.truncatedValues += 1;
    return text.slice(0, this.#limits.textCharsMax);
  }
}

const NO_SPACES: ReadonlyMap<string, string> = new Map();
const MISSING = Symbol("missing");

function propertyOf(node: object, name: string): unknown {
  return Object.hasOwn(node, name) ? (node as Fields)[name] : MISSING;
}

function foldSlot(slot: Slot): readonly string[] {
  slot.folded ??= slot.values.texts.map(foldText);
  return slot.folded;
}
