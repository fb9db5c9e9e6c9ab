import { rememberTexts } from "../remember-texts.ts";
import { decodeText } from "./decode-text.ts";
import { findSigns } from "./find-signs.ts";
import { foldText } from "./fold-text.ts";

const CHARACTERS_MAX = 32 * 1024;
const TEXTS_MAX = 24;
const DEPTH_MAX = 4;

/** Where senders put what an agent is told, reads or says. */
const TEXT_KEYS = [
  "content", "text", "prompt", "message", "response", "output", "result", "body", "description", "tool_description",
] as const; // prettier-ignore

export interface FoldedTexts {
  /** as a person sees them, in plain letters, with single spaces */
  readonly normalized: readonly string[];
  /** what is encoded in them, decoded and folded likewise */
  readonly decoded: readonly string[];
}

/** What an event says in words, and what its words hide; bounded in number and length. */
export function readTexts(data: Readonly<Record<string, unknown>>): FoldedTexts {
  const texts: string[] = [];
  let left = CHARACTERS_MAX;
  const collect = (value: unknown, depth: number): void => {
    if (typeof value === "string") {
      if (value === "" || left === 0 || texts.length === TEXTS_MAX) return;
      const kept = value.slice(0, left);
      left -= kept.length;
      texts.push(kept);
    } else if (typeof value === "object" && value !== null && depth < DEPTH_MAX) {
      for (const one of Object.values(value)) {
        if (left === 0 || texts.length === TEXTS_MAX) return;
        collect(one, depth + 1);
      }
    }
  };
  for (const key of TEXT_KEYS) collect(data[key], 0);
  const read = texts.map(readText);
  return { normalized: read.map(({ normalized }) => normalized), decoded: read.flatMap(({ decoded }) => decoded) };
}

const readText = rememberTexts((text) => {
  const own = findSigns(text);
  const folded = own.isAscii ? text : foldText(text);
  const signs = own.isAscii ? own : { ...findSigns(folded), hasEscapes: own.hasEscapes };
  const decoded = decodeText(folded, text, signs);
  return { normalized: signs.hasOddBlanks ? collapse(folded) : folded, decoded: decoded.map(collapse) };
});

/** Every blank becomes a space; one that is a space already, and stands alone, stays. */
const collapse = (text: string): string => text.replaceAll(/[\s_]{2,}|[^\S ]|_/g, " ");
