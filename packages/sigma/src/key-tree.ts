import type { Reading } from "./slot-state.ts";
import { ValueMemo } from "./value-memo.ts";

/** Keys whose places are remembered, and of these such whose values are; ever new keys must not fill the memory. */
const KEYS_MAX = 10_000;
const KEY_CHARS_MAX = 256;
const MEMOS_MAX = 128;

/** What a scalar raises in its slot and among the keywords; undefined is nothing. */
export interface ScalarReading {
  readonly own: Reading | undefined;
  readonly anywhere: Reading | undefined;
}

/** Where a key of a record, or of an object inside it, leads. */
export interface KeyPlace<Slot> {
  readonly slot: Slot | undefined;
  /** The key has spaces and stands for a name without: only the view can tell whether something else does. */
  readonly spaced: boolean;
  /** The key holds a dot itself, so that it may stand for what a path leads to. */
  readonly dotted: boolean;
  /** Slots whose dotted names begin with the path to here. */
  readonly below: readonly Slot[];
  readonly memo: ValueMemo<ScalarReading> | undefined;
  readonly path: string;
  readonly children: Map<string, KeyPlace<Slot>>;
}

/** Finds the slots for the keys of records, and remembers what was found: logs have few different keys. */
export class KeyTree<Slot> {
  readonly #slotByName: ReadonlyMap<string, Slot>;
  readonly #belowByPath = new Map<string, Slot[]>();
  readonly #top = new Map<string, KeyPlace<Slot>>();
  readonly #memos: ValueMemo<ScalarReading>[] = [];
  #keys = 0;

  constructor(slotByName: ReadonlyMap<string, Slot>) {
    this.#slotByName = slotByName;
    for (const [name, slot] of slotByName) {
      for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
        const path = name.slice(0, dot);
        this.#belowByPath.set(path, [...(this.#belowByPath.get(path) ?? []), slot]);
      }
    }
  }

  /** Where a key of the record itself leads. */
  top(key: string): KeyPlace<Slot> {
    return this.#top.get(key) ?? this.#add(this.#top, key, "");
  }

  /** Where a key of the object at a place leads. */
  child(parent: KeyPlace<Slot>, key: string): KeyPlace<Slot> {
    return parent.children.get(key) ?? this.#add(parent.children, key, `${parent.path}.`);
  }

  /** Forgets what values raised. */
  forgetValues(): void {
    for (const memo of this.#memos) memo.clear();
  }

  #add(siblings: Map<string, KeyPlace<Slot>>, key: string, before: string): KeyPlace<Slot> {
    const isTop = before === "";
    const name = isTop ? key.replaceAll(" ", "") : key;
    const path = before + name;
    const place: KeyPlace<Slot> = {
      slot: this.#slotByName.get(path),
      spaced: name !== key,
      dotted: key.includes("."),
      below: name === key ? (this.#belowByPath.get(path) ?? []) : [],
      memo: this.#memos.length < MEMOS_MAX ? this.#addMemo() : undefined,
      path,
      children: new Map(),
    };
    if (this.#keys < KEYS_MAX && key.length <= KEY_CHARS_MAX) siblings.set(key, place);
    this.#keys += 1;
    return place;
  }

  #addMemo(): ValueMemo<ScalarReading> {
    const memo = new ValueMemo<ScalarReading>();
    this.#memos.push(memo);
    return memo;
  }
}
