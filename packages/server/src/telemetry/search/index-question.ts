import type { Search } from "./conditions.ts";
import type { PathCondition } from "./path-conditions.ts";
import { bitsOfField, bitsOfPairs, bitsOfText, COLUMNS } from "./signature.ts";
import type { Column } from "./signature.ts";
import { isOpenEnded } from "./text-terms.ts";

/** What the index is asked: it names every block with an event that fits, and some without. */
export interface IndexQuestion {
  /** of each group one must be in the block */
  readonly marks: readonly (readonly string[])[];
  /** bits that the block's signature must have; none: nothing is known of its text */
  readonly bits: readonly number[];
}

/** More tell nearly nothing more, and each costs a look at every segment: a fact, all of whose bits lie together, or a bit of text. */
const LOOKS_MAX = 24;
const PAIRS_MAX = 6;

export function toIndexQuestion(search: Search): IndexQuestion {
  const { filters } = search;
  const values: Partial<Record<Column, string>> = {};
  const marks: string[][] = [];
  for (const name of COLUMNS) {
    const given = filters[name];
    const wanted = typeof given === "string" ? [given] : given;
    if (wanted === undefined) continue;
    marks.push(wanted.map((value) => `${name}=${value}`));
    if (wanted.length === 1 && wanted[0] !== undefined) values[name] = wanted[0];
  }
  for (const mark of filters.has ?? []) marks.push([`has=${mark}`]);
  const texts = bitsOfTexts(search);
  const fields = bitsOfFields(search);
  // by themselves columns are asked for in the marks
  const who = texts.length + fields.length === 0 ? [] : bitsOfWho(filters);
  const facts = [...spread(bitsOfPairs(values), PAIRS_MAX), ...fields, ...who];
  const bits = [...facts.flat(), ...spread(texts, LOOKS_MAX - facts.length)];
  return { marks, bits: [...new Set(bits)] };
}

/** Where the columns that say who it was stand in the record. */
const WHO = {
  agent: ["agent", "id"],
  pack: ["agent", "pack"],
  session: ["agent", "session"],
  run: ["agent", "run"],
  source: ["source"],
} as const;

function bitsOfWho(filters: Search["filters"]): number[][] {
  return Object.entries(WHO).flatMap(([name, field]) => {
    const value = filters[name as keyof typeof WHO];
    return value === undefined ? [] : [bitsOfField(field, value)];
  });
}

/** @returns of each field that must have one value the bits */
function bitsOfFields({ filters: { resource }, paths }: Search): number[][] {
  const fields = paths.map(bitsOfPath);
  if (resource !== undefined && !resource.endsWith("*")) fields.push(bitsOfField(["resource"], resource));
  return fields.filter((bits) => bits.length > 0);
}

const bitsOfPath = ({ field }: PathCondition) => (field === undefined ? [] : bitsOfField(field.names, field.value));

/** Of a field with its value the words tell nothing more. */
function bitsOfTexts({ filters: { resource }, terms, paths }: Search): number[] {
  const words = paths.flatMap((path) => (bitsOfPath(path).length === 0 ? path.words : []));
  const bits = [
    ...terms.flatMap((term) => bitsOfText(term.text, isOpenEnded(term))),
    ...words.flatMap((word) => bitsOfText(word, false)),
    ...(resource?.endsWith("*") === true ? bitsOfText(resource.slice(0, -1), true) : []),
  ];
  return [...new Set(bits)];
}

function spread<T>(things: readonly T[], most: number): T[] {
  const count = Math.max(0, Math.min(things.length, most));
  return Array.from({ length: count }, (_, index) => things[Math.floor((index * things.length) / count)]).filter(
    (thing) => thing !== undefined,
  );
}
