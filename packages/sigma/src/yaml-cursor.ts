import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, Scalar } from "yaml";
import type { Document, Node } from "yaml";
import { RuleFault, type Place } from "./fault.ts";
import type { RuleSource } from "./types.ts";

/** Larger files are refused: the biggest public rule has 295 KB, and reading takes about a second per MB. */
const SOURCE_CHARS_MAX = 1024 * 1024;
const NESTING_MAX = 32;
/** Bounds what aliases can multiply. */
const PLAIN_NODES_MAX = 10_000;

type YamlDocument = Document.Parsed;

interface Origin {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: YamlDocument;
}

export type ScalarValue = string | number | boolean | null;

export interface Entry {
  readonly name: string;
  readonly key: Cursor;
  readonly value: Cursor;
}

/** A node of a rule file that knows where it stands, so that whatever is wrong with it can be named by line and column. */
export class Cursor {
  readonly #origin: Origin;
  readonly #node: Node | null;
  readonly #fallback: number;
  readonly #depth: number;
  #entries: readonly Entry[] | undefined;
  /** What a map is laid over: where the node lacks a key, this one's counts. */
  #base: Cursor | undefined;

  constructor(origin: Origin, node: unknown, fallback: number, depth: number) {
    this.#origin = origin;
    this.#fallback = fallback;
    this.#depth = depth;
    this.#node = resolveNode(origin, node);
    if (depth > NESTING_MAX) this.fail(`nested deeper than ${NESTING_MAX} levels`, "flatten the rule");
  }

  get isMap(): boolean {
    return isMap(this.#node);
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  /** True for scalars and for a key without a value, which YAML reads as null. */
  get isScalar(): boolean {
    return this.#node === null || isScalar(this.#node);
  }

  /** Where the node starts; `offset` counts characters into a one-line scalar. */
  place(offset = 0): Place {
    const start = this.#node?.range?.[0] ?? this.#fallback;
    const { line, col } = this.#origin.lines.linePos(start + this.#textStart(offset));
    return { file: this.#origin.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #textStart(offset: number): number {
    if (!isScalar(this.#node)) return 0;
    const quoted = this.#node.type === Scalar.QUOTE_SINGLE || this.#node.type === Scalar.QUOTE_DOUBLE;
    if (quoted) return offset === 0 ? 0 : offset + 1;
    return this.#node.type === Scalar.PLAIN ? offset : 0;
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
    const merged = new Cursor(this.#origin, this.#node, this.#fallback, this.#depth);
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
    if (!isMap(node)) return this.fail("a map is needed here", "write `name: value` lines, indented");
    const names = new Set<string>();
    return node.items.map((pair) => {
      const entry = this.#entry(pair.key, pair.value);
      if (names.has(entry.name)) entry.key.fail(`the key "${entry.name}" stands twice`, "keep one of them");
      names.add(entry.name);
      return entry;
    });
  }

  #entry(keyNode: unknown, valueNode: unknown): Entry {
    const key = new Cursor(this.#origin, keyNode, this.#fallback, this.#depth + 1);
    const start = isNodeWithRange(keyNode) ? keyNode.range[0] : this.#fallback;
    const name = key.text("the name of a field");
    if (name === "<<") key.fail("YAML merge keys are not supported", "write the fields out");
    return { name, key, value: new Cursor(this.#origin, valueNode, start, this.#depth + 1) };
  }

  items(): Cursor[] {
    const node = this.#node;
    if (!isSeq(node)) return this.fail("a list is needed here", "write `- value` lines");
    return node.items.map((item) => new Cursor(this.#origin, item, this.#fallback, this.#depth + 1));
  }

  /** The value of a map's key, or undefined. */
  get(name: string): Cursor | undefined {
    return this.isMap ? this.entries().find((entry) => entry.name === name)?.value : undefined;
  }

  scalar(): ScalarValue {
    if (this.#node === null) return null;
    if (!isScalar(this.#node)) return this.fail("a single value is needed here", "write a text or a number");
    const value: unknown = this.#node.value;
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return value;
    }
    return this.fail("this kind of value is not supported", "write it as a quoted text");
  }

  /** A number as it is written (`007`, `1.0`, 20 digits), which the parsed number may no longer show. */
  writtenText(): string | undefined {
    return isScalar(this.#node) && this.#node.type === Scalar.PLAIN ? this.#node.source : undefined;
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

function isNodeWithRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

function resolveNode(origin: Origin, node: unknown): Node | null {
  if (isAlias(node)) return node.resolve(origin.document) ?? null;
  return isMap(node) || isSeq(node) || isScalar(node) ? node : null;
}

/** A document of a file: its root, or the fault that keeps it from being read. */
export type RuleDocument = { readonly root: Cursor } | { readonly fault: RuleFault };

/** Splits a file into its documents. Empty documents are left out; a broken one does not hide the others. */
export function readDocuments(source: RuleSource): RuleDocument[] {
  if (source.text.length > SOURCE_CHARS_MAX) {
    const place = { file: source.name, line: 1, column: 1 };
    return [{ fault: new RuleFault(place, `the file is larger than ${SOURCE_CHARS_MAX} characters`, "split it") }];
  }
  const lines = new LineCounter();
  // Keys are compared by `entries`; the reader's own comparison takes quadratic time.
  const options = { lineCounter: lines, prettyErrors: false, logLevel: "silent", uniqueKeys: false } as const;
  const documents = parseAllDocuments(source.text, options);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => readDocument({ file: source.name, lines, document }));
}

function readDocument(origin: Origin): RuleDocument[] {
  const error = origin.document.errors[0];
  if (error !== undefined) {
    const { line, col } = origin.lines.linePos(error.pos[0]);
    const place = { file: origin.file, line: Math.max(line, 1), column: Math.max(col, 1) };
    return [{ fault: new RuleFault(place, `not valid YAML: ${error.message}`, "mend the YAML at this place") }];
  }
  if (origin.document.contents === null) return [];
  return [{ root: new Cursor(origin, origin.document.contents, origin.document.range[0], 0) }];
}
