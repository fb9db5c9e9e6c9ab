import type { RegexNode } from "./regex-parse.ts";
import { foldText } from "./text.ts";

/** Short texts are everywhere; of several, each must be worth looking for. */
const CHARS_MIN_OF_SEVERAL = 3;
const SET_MAX = 32;
const ASCII_MAX = 127;

/** Whether every match holds a character beyond ASCII. */
export function needsBeyondAscii(node: RegexNode): boolean {
  switch (node.kind) {
    case "chars":
      return (node.set[0]?.[0] ?? 0) > ASCII_MAX;
    case "sequence":
      return node.parts.some(needsBeyondAscii);
    case "choice":
      return node.parts.every(needsBeyondAscii);
    case "repeat":
      return node.min >= 1 && needsBeyondAscii(node.part);
    case "assert":
    case "empty":
      return false;
    default:
      return node satisfies never;
  }
}

interface Search {
  run: string;
  /** Of each set, one text stands in every match. */
  readonly sets: (readonly string[])[];
}

/**
 * Texts, folded, of which every match contains at least one; empty when there are none worth having. Cheap and incomplete:
 * optional parts only interrupt the search.
 */
export function requiredLiterals(root: RegexNode): readonly string[] {
  const search: Search = { run: "", sets: [] };
  collect(root, search);
  endRun(search);
  let best: readonly string[] = [];
  for (const set of search.sets) if (isWorthwhile(set) && worthOf(set) > worthOf(best)) best = set;
  return best.map(foldText);
}

function collect(node: RegexNode, search: Search): void {
  switch (node.kind) {
    case "sequence":
      for (const part of node.parts) collect(part, search);
      return;
    case "chars":
      // Case folding beyond ASCII differs between patterns and plain texts, so such characters end a run.
      if (node.literal !== undefined && node.literal.charCodeAt(0) <= ASCII_MAX) search.run += node.literal;
      else endRun(search);
      return;
    case "repeat":
      endRun(search);
      if (node.min >= 1) {
        collect(node.part, search);
        endRun(search);
      }
      return;
    case "choice":
      endRun(search);
      addChoice(node.parts, search);
      return;
    case "assert":
    case "empty":
      return;
  }
}

function endRun(search: Search): void {
  if (search.run !== "") search.sets.push([search.run]);
  search.run = "";
}

/** One of the branches matches, so one text of one of them is there. */
function addChoice(branches: readonly RegexNode[], search: Search): void {
  const sets = branches.map(requiredLiterals);
  if (sets.every((set) => set.length > 0)) search.sets.push([...new Set(sets.flat())]);
}

const shortest = (set: readonly string[]): number => Math.min(...set.map((text) => text.length));

function isWorthwhile(set: readonly string[]): boolean {
  return set.length === 1 || (set.length <= SET_MAX && shortest(set) >= CHARS_MIN_OF_SEVERAL);
}

/** Long texts are rare, many alternatives are not. */
const worthOf = (set: readonly string[]): number =>
  set.length === 0 ? Number.NEGATIVE_INFINITY : shortest(set) - Math.log2(set.length);
