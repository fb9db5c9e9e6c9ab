import { INDICATOR_FORMATS } from "@firebreak/protocol";
import { listMispAttributes } from "../indicators/index.ts";
import { OperatorError } from "../kernel/index.ts";

export type IndicatorFormat = (typeof INDICATOR_FORMATS)[number];

/** A piece of a list that fits into one request, and how its places read in the whole. */
export interface Part {
  readonly content: string;
  placeOf(place: string): string;
}

/** The API takes bodies of 1 MiB; JSON may need two characters for one. */
const PART_CHARACTERS_MAX = 400_000;

/** More than the list holds. */
const ATTRIBUTES_MAX = 500_000;

/** @returns the format by name, else by the file's ending and what is in it; undefined for a name that is none */
export function formatOf(file: string, name: string | undefined, content: string): IndicatorFormat | undefined {
  if (name !== undefined) return INDICATOR_FORMATS.find((format) => format === name);
  if (/\.csv$/i.test(file)) return "csv";
  if (!/\.json$/i.test(file)) return "text";
  return /"(?:Event|Attribute)"\s*:/.test(content) ? "misp" : "stix";
}

/** Splits a list where it may be split: between lines, under the same heading; between the objects of a bundle. */
export function splitContent(format: IndicatorFormat, content: string): Part[] {
  if (content.length <= PART_CHARACTERS_MAX) return [{ content, placeOf: (place) => place }];
  switch (format) {
    case "text":
      return splitLines(content.split("\n"), "");
    case "csv": {
      const [heading = "", ...lines] = content.split("\n");
      return splitLines(lines, `${heading}\n`);
    }
    case "stix":
      return splitBundle(content);
    case "misp":
      return splitMisp(content);
    default:
      return format satisfies never;
  }
}

function splitLines(lines: readonly string[], heading: string): Part[] {
  return pack(lines, (line) => line.length + 1).map(({ items, before }) => ({
    content: heading + items.join("\n"),
    placeOf: (place) => place.replace(/^line (\d+)$/, (_, line: string) => `line ${Number(line) + before}`),
  }));
}

/** What is no bundle goes as it is: the server says what is wrong with it. */
function splitBundle(content: string): Part[] {
  const parsed: unknown = parseOrNull(content);
  const objects = typeof parsed === "object" && parsed !== null && "objects" in parsed ? parsed.objects : parsed;
  if (!Array.isArray(objects)) return [{ content, placeOf: (place) => place }];
  const texts = objects.map((object: unknown) => JSON.stringify(object));
  return pack(texts, (text) => text.length + 1).map(({ items, before }) => ({
    content: `[${items.join(",")}]`,
    placeOf: (place) => place.replace(/^object (\d+)$/, (_, at: string) => `object ${Number(at) + before}`),
  }));
}

/** Attributes with what they have from their events, so that each part stands for itself. */
function splitMisp(content: string): Part[] {
  const entries = listMispAttributes(parseOrNull(content));
  if (entries === undefined) return [{ content, placeOf: (place) => place }];
  if (entries.length > ATTRIBUTES_MAX) {
    throw new OperatorError(
      `The file holds ${entries.length} attributes; the list holds ${ATTRIBUTES_MAX} indicators.`,
      "Export fewer from MISP: those of the last months, or of some tags.",
    );
  }
  const texts = entries.map((entry) => {
    if (!entry.ok) return "{}";
    const { type, value, toIds, comment, info, tags, eventTags, decay } = entry.attribute;
    const Tag = [...(tags.some((tag) => /^tlp:/i.test(tag)) ? tags : eventTags)].map((name) => ({ name }));
    return JSON.stringify({ type, value, to_ids: toIds, comment: comment || info, Tag, decay_score: decay });
  });
  return pack(texts, (text) => text.length + 1).map(({ items, before }) => ({
    content: `{"Event":{"Attribute":[${items.join(",")}]}}`,
    placeOf: (place) => place.replace(/^attribute (\d+)$/, (_, at: string) => `attribute ${Number(at) + before}`),
  }));
}

function parseOrNull(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

function pack<T>(items: readonly T[], sizeOf: (item: T) => number): { items: T[]; before: number }[] {
  const packs: { items: T[]; before: number }[] = [];
  let size = Infinity;
  for (const [at, item] of items.entries()) {
    size += sizeOf(item);
    if (size > PART_CHARACTERS_MAX) {
      packs.push({ items: [], before: at });
      size = sizeOf(item);
    }
    packs.at(-1)?.items.push(item);
  }
  return packs;
}
