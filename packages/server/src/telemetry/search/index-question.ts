import type { Search } from "./conditions.ts";
import { bitsOfColumns, bitsOfField, bitsOfText, COLUMNS } from "./signature.ts";
import type { Column } from "./signature.ts";
import { isOpenEnded } from "./text-terms.ts";

/** What the index is asked: it names every block with an event that fits, and some without. */
export interface IndexQuestion {
  /** of each group one must be in the block */
  readonly marks: readonly (readonly string[])[];
  /** bits that the block's signature must have; none: nothing is known of its text */
  readonly bits: readonly number[];
}

/** More tell nearly nothing more, and each costs a look at every segment. */
const BITS_MAX = 24;

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
  const facts = [
    ...bitsOfColumns(values),
    ...search.paths.flatMap(({ field }) => (field === undefined ? [] : bitsOfField(field.names, field.value))),
    ...bitsOfResource(filters.resource),
  ];
  const bits = [...facts, ...spread(bitsOfTexts(search), BITS_MAX - facts.length)];
  return { marks, bits: [...new Set(bits)] };
}

function bitsOfResource(resource: string | undefined): number[] {
  return resource === undefined || resource.endsWith("*") ? [] : bitsOfField(["resource"], resource);
}

function bitsOfTexts({ filters: { resource }, terms, paths }: Search): number[] {
  const bits = [
    ...terms.flatMap((term) => bitsOfText(term.text, isOpenEnded(term))),
    ...paths.flatMap(({ words }) => words.flatMap((word) => bitsOfText(word, false))),
    ...(resource?.endsWith("*") === true ? bitsOfText(resource.slice(0, -1), true) : []),
  ];
  return [...new Set(bits)];
}

function spread(bits: readonly number[], most: number): number[] {
  const count = Math.max(0, Math.min(bits.length, most));
  return Array.from({ length: count }, (_, index) => bits[Math.floor((index * bits.length) / count)] ?? 0);
}
