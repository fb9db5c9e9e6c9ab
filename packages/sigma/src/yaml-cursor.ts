import { RuleFault, type Place } from "./fault.ts";
import type { RuleSource } from "./types.ts";
import { readYaml, SourceText, type ScalarValue, type YamlNode } from "./yaml-tree.ts";

/** Larger files are refused: the biggest public rule has 295 KB. */
const SOURCE_CHARS_MAX = 1024 * 1024;
const NESTING_MAX = 32;
/** Bounds what aliases can multiply. */
const PLAIN_NODES_MAX = 10_000;

export type { ScalarValue } from "./yaml-tree.ts";

export interface Entry {
  readonly name: string;
  readonly key: Cursor;
  readonly value: Cursor;
}

/** A node of a rule file that knows where it stands, so that whatever is wrong with it can be named by line and column. */
export class Cursor {
  readonly #source: SourceText;
  readonly #node: YamlNode;
  readonly #fallback: number;
  readonly #depth: number;
  #entries: readonly Entry[] | undefined;
  /** What a map is laid over: where the node lacks a key, this one's counts. */
  #base: Cursor | undefined;

  /** @param fallback where to point when the node itself was left out */
  constructor(source: SourceText, node: YamlNode, fallback: number, depth: number) {
    this.#source = source;
    this.#node = node;
    this.#fallback = fallback;
    this.#depth = depth;
    if (depth > NESTING_MAX) this.fail(`nested deeper than ${NESTING_MAX} levels`, "flatten the rule");
  }

  get isMap(): boolean {
    return this.#node.kind === "map";
  }

  get isList(): boolean {
    return this.#node.kind === "list";
  }

  /** True for scalars and for a key without a value, which YAML reads as null. */
  get isScalar(): boolean {
    return this.#node.kind === "scalar";
  }

  /** Where the node starts; `offset` counts characters into a one-line scalar. */
  place(offset = 0): Place {
    const start = this.#node.start < 0 ? this.#fallback : this.#node.start;
    return this.#source.placeAt(start + this.#textStart(offset));
  }

  #textStart(offset: number): number {
    if (this.#node.kind !== "scalar" || this.#node.style === "block") return 0;
    return this.#node.style === "quoted" && offset > 0 ? offset + 1 : offset;
  }

  fail(message: string, remedy: string, offset = 0): never {
    throw new RuleFault(this.place(offset), message, remedy);
  }

  entries(): readonly Entry[] {
    this.#entries ??= this.#readEntries();
    return this.#entries;
  }

  /** This map with the keys of another one added, maps inside them likewise. Own values win. */
  over(base: Cursor): Cursor {
    const merged = new Cursor(this.#source, this.#node, this.#fallback, this.#depth);
    merged.#base = base;
    return merged;
  }

  #readEntries(): readonly Entry[] {
    const own = this.#readOwnEntries();
    if (this.#base?.isMap !== true) return own;
    const base = this.#base.entries();
    const merged = own.map((entry) => {
      const under = base.find(({ name }) => name === entry.name)?.value;
      const lies = under?.isMap === true && entry.value.isMap;
      return lies ? { ...entry, value: entry.value.over(under) } : entry;
    });
    return [...merged, ...base.filter(({ name }) => !own.some((entry) => entry.name === name))];
  }

  #readOwnEntries(): readonly Entry[] {
    const node = this.#node;
    if (node.kind !== "map") return this.fail("a map is needed here", "write `name: value` lines, indented");
    const names = new Set<string>();
    return node.pairs.map((pair) => {
      const entry = this.#entry(pair.key, pair.value);
      if (names.has(entry.name)) entry.key.fail(`the key "${entry.name}" stands twice`, "keep one of them");
      names.add(entry.name);
      return entry;
    });
  }

  #entry(keyNode: YamlNode, valueNode: YamlNode): Entry {
    const key = new Cursor(this.#source, keyNode, this.#fallback, this.#depth + 1);
    const start = keyNode.start < 0 ? this.#fallback : keyNode.start;
    const name = key.text("the name of a field");
    if (name === "<<") key.fail("YAML merge keys are not supported", "write the fields out");
    return { name, key, value: new Cursor(this.#source, valueNode, start, this.#depth + 1) };
  }

  items(): Cursor[] {
    const node = this.#node;
    if (node.kind !== "list") return this.fail("a list is needed here", "write `- value` lines");
    return node.items.map((item) => new Cursor(this.#source, item, this.#fallback, this.#depth + 1));
  }

  /** The value of a map's key, or undefined. */
  get(name: string): Cursor | undefined {
    return this.isMap ? this.entries().find((entry) => entry.name === name)?.value : undefined;
  }

  scalar(): ScalarValue {
    if (this.#node.kind === "scalar") return this.#node.value;
    return this.fail("a single value is needed here", "write a text or a number");
  }

  /** A number as it is written (`007`, `1.0`, 20 digits), which the parsed number may no longer show. */
  writtenText(): string | undefined {
    return this.#node.kind === "scalar" && this.#node.style === "plain" ? this.#node.text : undefined;
  }

  /** A text; numbers and truth values are taken as they print. */
  text(what: string): string {
    const value = this.isScalar ? this.scalar() : null;
    if (value === null) return this.fail(`${what} must be a text`, "write a text");
    return String(value);
  }

  /** One text or a list of texts. */
  texts(what: string): string[] {
    return this.isList ? this.items().map((item) => item.text(what)) : [this.text(what)];
  }

  /** Plain data of the whole branch. */
  plain(budget = { nodes: PLAIN_NODES_MAX }): unknown {
    budget.nodes -= 1;
    if (budget.nodes < 0) this.fail(`more than ${PLAIN_NODES_MAX} values`, "shorten it");
    if (this.isMap) return Object.fromEntries(this.entries().map(({ name, value }) => [name, value.plain(budget)]));
    if (this.isList) return this.items().map((item) => item.plain(budget));
    return this.scalar();
  }
}

/** A document of a file: its root, or the fault that keeps it from being read. */
export type RuleDocument = { readonly root: Cursor } | { readonly fault: RuleFault };

/** Splits a file into its documents. Empty documents are left out; a broken one does not hide the others. */
export function readDocuments(source: RuleSource): RuleDocument[] {
  if (source.text.length > SOURCE_CHARS_MAX) {
    const place = { file: source.name, line: 1, column: 1 };
    return [{ fault: new RuleFault(place, `the file is larger than ${SOURCE_CHARS_MAX} characters`, "split it") }];
  }
  const text = new SourceText(source);
  return readYaml(text).flatMap((document): RuleDocument[] => {
    if ("fault" in document) return [document];
    const { root } = document;
    return root === undefined ? [] : [{ root: new Cursor(text, root, root.start, 0) }];
  });
}
