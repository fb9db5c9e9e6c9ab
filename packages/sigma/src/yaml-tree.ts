import {
  boolCoreTag,
  EVENT_ID,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
} from "js-yaml";
import { elementAt, RuleFault } from "./fault.ts";
import type { RuleSource } from "./types.ts";

export type ScalarValue = string | number | boolean | null;

type Events = ReturnType<typeof parseEvents>;
type Event = Events[number];
type ScalarEvent = Extract<Event, { valueStart: number }>;
type CollectionEvent = Extract<Event, { start: number }>;

type ScalarStyle = "plain" | "quoted" | "block";

export interface ScalarNode {
  readonly kind: "scalar";
  /** Where it begins in the source, a quoted one at its quote; -1 where a value is left out. */
  readonly start: number;
  readonly style: ScalarStyle;
  readonly text: string;
  readonly value: ScalarValue;
}

export interface MapNode {
  readonly kind: "map";
  readonly start: number;
  readonly pairs: { readonly key: YamlNode; readonly value: YamlNode }[];
}

export interface ListNode {
  readonly kind: "list";
  readonly start: number;
  readonly items: YamlNode[];
}

/** A node of a document. An alias is the node it stands for. */
export type YamlNode = ScalarNode | MapNode | ListNode;

/** A file's text, of which offsets become lines and columns when they are asked for. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor({ name, text }: RuleSource) {
    this.file = name;
    this.text = text.startsWith("\u{feff}") ? text.slice(1) : text;
  }

  placeAt(offset: number): { readonly file: string; readonly line: number; readonly column: number } {
    const starts = (this.#lineStarts ??= lineStartsOf(this.text));
    let line = 0;
    let above = starts.length;
    while (line + 1 < above) {
      const middle = (line + above) >> 1;
      if ((starts[middle] ?? 0) <= offset) line = middle;
      else above = middle;
    }
    return { file: this.file, line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The root of a document, undefined for an empty one, or what is wrong with it. */
export type ReadDocument = { readonly root: YamlNode | undefined } | { readonly fault: RuleFault };

/** Reads all documents of a file. A broken one does not hide the others. */
export function readYaml(source: SourceText): ReadDocument[] {
  try {
    return buildDocuments(source, source.text, 0);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const parts = splitDocuments(source.text);
    if (parts.length > PARTS_MAX) return [{ fault: faultAt(source, error.mark?.position ?? 0, error.reason) }];
    return parts.flatMap(({ text, start }) => readPart(source, text, start));
  }
}

/** Deeper nesting is not read at all; rules are refused long before. */
const DEPTH_MAX = 100;
/** A broken file of more documents is one fault. */
const PARTS_MAX = 10_000;

function readPart(source: SourceText, text: string, start: number): ReadDocument[] {
  try {
    return buildDocuments(source, text, start);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return [{ fault: faultAt(source, start + (error.mark?.position ?? 0), error.reason) }];
  }
}

function faultAt(source: SourceText, offset: number, message: string): RuleFault {
  return new RuleFault(source.placeAt(offset), `not valid YAML: ${message}`, "mend the YAML at this place");
}

/** Cuts a text at its document markers, which end a document wherever they stand at the beginning of a line. */
function splitDocuments(text: string): { readonly text: string; readonly start: number }[] {
  const cuts = [0, ...Array.from(text.matchAll(/^(?:---|\.\.\.)(?=\s|$)/gm), ({ index }) => index), text.length];
  return cuts.flatMap((start, at) => {
    const part = text.slice(start, cuts[at + 1] ?? start);
    return part.trim() === "" ? [] : [{ text: part, start }];
  });
}

/** @param text the part of the source that begins at `offset` */
function buildDocuments(source: SourceText, text: string, offset: number): ReadDocument[] {
  const documents: ReadDocument[] = [];
  const events = parseEvents(text, { maxDepth: DEPTH_MAX });
  let depth = 0;
  let first = 0;
  events.forEach(({ type }, at) => {
    if (type === EVENT_ID.POP) depth -= 1;
    else if (type !== EVENT_ID.SCALAR && type !== EVENT_ID.ALIAS) depth += 1;
    if (depth > 0) return;
    documents.push(buildDocument(new TreeBuilder(source, text, offset, events.slice(first, at + 1))));
    first = at + 1;
  });
  return documents;
}

function buildDocument(builder: TreeBuilder): ReadDocument {
  try {
    return { root: builder.root() };
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    return { fault: error };
  }
}

/** Turns the events of one document into its tree. */
class TreeBuilder {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #offset: number;
  readonly #events: Events;
  readonly #anchored = new Map<string, YamlNode>();
  #at = 1;

  constructor(source: SourceText, text: string, offset: number, events: Events) {
    this.#source = source;
    this.#text = text;
    this.#offset = offset;
    this.#events = events;
  }

  root(): YamlNode | undefined {
    if (this.#isPop()) return undefined;
    const root = this.#node();
    return root.kind === "scalar" && root.start < 0 ? undefined : root;
  }

  #isPop(): boolean {
    return elementAt(this.#events, this.#at).type === EVENT_ID.POP;
  }

  #node(): YamlNode {
    const event = elementAt(this.#events, this.#at++);
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.#scalar(event);
      case EVENT_ID.ALIAS:
        return this.#aliased(event);
      case EVENT_ID.MAPPING:
        return this.#map(event);
      case EVENT_ID.SEQUENCE:
        return this.#list(event);
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.POP:
        throw new RangeError("the YAML reader closed more than it opened");
    }
  }

  #map(event: CollectionEvent): MapNode {
    this.#refuseTag(event, "map");
    const node: MapNode = { kind: "map", start: this.#offset + event.start, pairs: [] };
    this.#anchor(event, node);
    while (!this.#isPop()) node.pairs.push({ key: this.#node(), value: this.#node() });
    this.#at += 1;
    return node;
  }

  #list(event: CollectionEvent): ListNode {
    this.#refuseTag(event, "seq");
    const node: ListNode = { kind: "list", start: this.#offset + event.start, items: [] };
    this.#anchor(event, node);
    while (!this.#isPop()) node.items.push(this.#node());
    this.#at += 1;
    return node;
  }

  #scalar(event: ScalarEvent): ScalarNode {
    const text = getScalarValue(this.#text, event);
    const style = styleOf(event);
    const tag = this.#tagOf(event);
    const value = tag === undefined ? (style === "plain" ? resolvePlain(text) : text) : resolveTagged(tag, text);
    if (value === undefined) this.#refuse(event.tagStart, `the tag ${tag} does not fit here`);
    const node: ScalarNode = { kind: "scalar", start: this.#scalarStart(event, style), style, text, value };
    this.#anchor(event, node);
    return node;
  }

  #scalarStart({ valueStart }: ScalarEvent, style: ScalarStyle): number {
    if (valueStart < 0) return -1;
    switch (style) {
      case "plain":
        return this.#offset + valueStart;
      case "quoted":
        return this.#offset + valueStart - 1;
      case "block": {
        const lineEnd = valueStart - 1;
        const lineStart = this.#text.lastIndexOf("\n", lineEnd - 1) + 1;
        return this.#offset + lineStart + this.#text.slice(lineStart, lineEnd).search(BLOCK_HEADER);
      }
    }
  }

  #aliased({ anchorStart, anchorEnd }: Range): YamlNode {
    const name = this.#text.slice(anchorStart, anchorEnd);
    return (
      this.#anchored.get(name) ?? this.#refuse(anchorStart, `nothing before it has the anchor that *${name} stands for`)
    );
  }

  #anchor({ anchorStart, anchorEnd }: Range, node: YamlNode): void {
    if (anchorStart >= 0) this.#anchored.set(this.#text.slice(anchorStart, anchorEnd), node);
  }

  #tagOf({ tagStart, tagEnd }: ScalarEvent | CollectionEvent): string | undefined {
    if (tagStart < 0) return undefined;
    return this.#text.slice(tagStart, tagEnd).replace(/^(?:!<tag:yaml\.org,2002:(.+)>|!!(.+))$/, "$1$2");
  }

  #refuseTag(event: CollectionEvent, own: string): void {
    const tag = this.#tagOf(event);
    if (tag !== undefined && tag !== own && tag !== "!")
      this.#refuse(event.tagStart, `the tag ${tag} does not fit here`);
  }

  #refuse(at: number, message: string): never {
    throw faultAt(this.#source, this.#offset + at, message);
  }
}

interface Range {
  readonly anchorStart: number;
  readonly anchorEnd: number;
}

const BLOCK_HEADER = /[|>][-+\d]*[ \t]*(?:#.*)?\r?$/;

function styleOf({ style }: ScalarEvent): ScalarStyle {
  switch (style) {
    case SCALAR_STYLE.PLAIN:
      return "plain";
    case SCALAR_STYLE.SINGLE_QUOTED:
    case SCALAR_STYLE.DOUBLE_QUOTED:
      return "quoted";
    case SCALAR_STYLE.LITERAL_BLOCK:
    case SCALAR_STYLE.FOLDED_BLOCK:
      return "block";
  }
}

/** What a plain scalar can be that is no text begins with one of these. */
const NO_TEXT = /^(?:$|[-+.\d~nNtTfF])/;

/** The core schema of YAML 1.2. */
function resolvePlain(text: string): ScalarValue {
  if (!NO_TEXT.test(text)) return text;
  for (const tag of [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag]) {
    const value = tag.resolve(text, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value;
  }
  return text;
}

const TAGS = new Map(
  [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag].map((tag) => [
    tag.tagName.slice("tag:yaml.org,2002:".length),
    tag,
  ]),
);

/** @returns undefined for a tag that is none of the core schema's, or whose value is none */
function resolveTagged(tag: string, text: string): ScalarValue | undefined {
  if (tag === "str" || tag === "!") return text;
  const value = TAGS.get(tag)?.resolve(text, true, tag);
  return value === NOT_RESOLVED ? undefined : value;
}
