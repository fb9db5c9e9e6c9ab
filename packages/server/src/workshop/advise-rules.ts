import { nearest } from "@firebreak/sigma/nearest";
import type { RuleError, RuleSource } from "@firebreak/sigma";
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { Document, Pair, Scalar } from "yaml";
import { KNOWN_SOURCES, sourcesFor } from "../detection/index.ts";
import { DEPRECATED } from "./deprecated-forms.ts";
import type { Rewrite } from "./deprecated-forms.ts";

/** Something about a rule that loads which its author should know; `fix` when it can be mended without a doubt. */
export interface Advice extends RuleError {
  readonly fix?: { readonly start: number; readonly end: number; readonly text: string };
}

/** What the specification names at the top of a rule, and ours. */
const TOP_KEYS: readonly string[] = (
  "title id name related status description license author references date modified logsource detection correlation " +
  "filter falsepositives level tags scope fields generate taxonomy action firebreak"
).split(" ");
const SOURCE_CHARS_MAX = 1024 * 1024;

/** Reads a rule file as text: forms of older versions, misspelt keys and fields, log sources that nothing feeds. */
export function adviseRules(source: RuleSource): Advice[] {
  if (source.text.length > SOURCE_CHARS_MAX) return [];
  const lines = new LineCounter();
  const documents = parseAllDocuments(source.text, { lineCounter: lines, prettyErrors: false, logLevel: "silent" });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => (document.errors.length > 0 ? [] : new Adviser(source, lines).read(document)));
}

/** The text with every mend applied, last first so that places stay true. */
export function applyFixes(text: string, advice: readonly Advice[]): string {
  const fixes = advice.flatMap(({ fix }) => fix ?? []).toSorted((a, b) => b.start - a.start);
  return fixes.reduce((mended, { start, end, text: by }) => mended.slice(0, start) + by + mended.slice(end), text);
}

type Path = readonly string[];

class Adviser {
  readonly #source: RuleSource;
  readonly #lines: LineCounter;
  readonly #found: Advice[] = [];
  #fields: readonly string[] = [];

  constructor(source: RuleSource, lines: LineCounter) {
    this.#source = source;
    this.#lines = lines;
  }

  read(document: Document.Parsed): Advice[] {
    const root = document.contents;
    if (!isMap(root)) return [];
    this.#readLogsource(root.get("logsource", true));
    for (const pair of root.items) this.#readTopKey(pair);
    this.#walk(root, []);
    return this.#found;
  }

  #readTopKey({ key }: Pair): void {
    if (!isText(key) || TOP_KEYS.includes(key.value)) return;
    const near = nearest(key.value, TOP_KEYS);
    if (near !== undefined) this.#tell(key, `"${key.value}" is not a key of a rule`, `did you mean "${near}"?`);
  }

  #readLogsource(node: unknown): void {
    if (!isMap(node)) return;
    const wanted: Record<string, string> = {};
    for (const { key, value } of node.items) {
      if (isText(key) && isText(value) && key.value !== "definition") wanted[key.value] = value.value.toLowerCase();
    }
    const sources = sourcesFor(wanted, KNOWN_SOURCES);
    this.#fields = sources.flatMap(({ fields }) => fields);
    const [first] = node.items;
    if (sources.length > 0 || !isText(first?.key)) return;
    const named = Object.values(wanted).join("/");
    this.#tell(
      first.key,
      `no source here feeds the logsource ${named}: the rule is never asked`,
      this.#nearSource(wanted),
    );
  }

  #nearSource(wanted: Readonly<Record<string, string>>): string {
    const known = KNOWN_SOURCES.flatMap(({ logsource }) =>
      Object.values(logsource).filter((text) => text !== undefined),
    );
    const near = Object.values(wanted).flatMap((word) => {
      const meant = known.includes(word) ? undefined : nearest(word, known);
      return meant === undefined ? [] : [`did you mean "${meant}" by "${word}"?`];
    });
    return near[0] ?? "use `firebreak detect` for logs of other systems, or leave it: it does no harm";
  }

  #walk(node: unknown, path: Path): void {
    if (isSeq(node)) for (const item of node.items) this.#item(item, path);
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isText(key)) continue;
      if (path[0] === "detection" && path.length > 1) this.#readField(key);
      this.#item(value, [...path, key.value]);
    }
  }

  #item(node: unknown, path: Path): void {
    if (isText(node)) this.#rewrite(node, node.value, path);
    else this.#walk(node, path);
  }

  #readField(key: Text): void {
    const [field = "", ...modifiers] = key.value.split("|");
    for (const modifier of modifiers) this.#rewriteModifier(key, modifier);
    if (field === "" || this.#fields.length === 0 || this.#fields.includes(field)) return;
    const near = nearest(field, this.#fields);
    if (near === undefined || Math.abs(near.length - field.length) > 2) return;
    this.#tell(key, `no event has a field "${field}" unless its sender adds it`, `did you mean "${near}"?`);
  }

  #rewriteModifier(key: Text, modifier: string): void {
    const by = DEPRECATED.modifiers.get(modifier);
    const at = this.#source.text.indexOf(`|${modifier}`, key.range[0]);
    if (by === undefined || at < 0 || at >= key.range[1]) return;
    const fix = { start: at + 1, end: at + 1 + modifier.length, text: by };
    this.#tell(key, `the modifier ${modifier} is written ${by}`, "`firebreak rules check --fix` writes it so", fix);
  }

  #rewrite(node: Text, text: string, path: Path): void {
    const rewrite = DEPRECATED.values.find((one) => matchesPath(one, path));
    const by = rewrite?.by(text);
    if (rewrite === undefined || by === undefined || by === text) return;
    const start = this.#source.text.indexOf(text, node.range[0]);
    if (start < 0 || start >= node.range[1]) return;
    const fix = { start, end: start + text.length, text: by };
    this.#tell(node, `${rewrite.why}: "${text}" is written "${by}"`, "`firebreak rules check --fix` writes it so", fix);
  }

  #tell(node: Text, message: string, remedy: string, fix?: NonNullable<Advice["fix"]>): void {
    const { line, col } = this.#lines.linePos(node.range[0]);
    const place = { file: this.#source.name, line, column: col };
    this.#found.push({ ...place, message, remedy, ...(fix === undefined ? {} : { fix }) });
  }
}

type Text = Scalar<string> & { readonly range: [number, number, number] };

const isText = (node: unknown): node is Text =>
  isScalar(node) && typeof node.value === "string" && node.range !== undefined && node.range !== null;

const matchesPath = ({ path }: Rewrite, found: Path): boolean =>
  path.length === found.length && path.every((name, index) => name === found[index]);
