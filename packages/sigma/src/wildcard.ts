import { foldText } from "./text.ts";

/** One character of a pattern between two `*`: a code unit, or ANY_ONE for `?`. */
const ANY_ONE = -1;

/** A value of a rule after its escapes were read. `pieces` are what stands between the `*`. */
export interface Wildcard {
  readonly pieces: readonly (readonly number[])[];
}

/** Patterns with `?` cost up to text × pattern, so they are kept short. */
export const JOKER_CHARS_MAX = 256;

/** Reads a value: `*` and `?` are wildcards, a backslash makes `*`, `?` and itself literal and is literal before anything else. */
export function parseWildcard(written: string): Wildcard {
  const pieces: number[][] = [[]];
  for (let at = 0; at < written.length; at++) {
    const char = written.charAt(at);
    const escaped = written.charAt(at + 1);
    if (char === "\\" && (escaped === "*" || escaped === "?" || escaped === "\\")) {
      pieces.at(-1)?.push(escaped.charCodeAt(0));
      at += 1;
    } else if (char === "*") pieces.push([]);
    else pieces.at(-1)?.push(char === "?" ? ANY_ONE : char.charCodeAt(0));
  }
  return { pieces };
}

export type Anchoring = "equals" | "contains" | "startswith" | "endswith";

/** Opens the pattern at one end or both, as the modifier says. */
export function anchor(wildcard: Wildcard, anchoring: Anchoring): Wildcard {
  const before = anchoring === "contains" || anchoring === "endswith" ? [[]] : [];
  const after = anchoring === "contains" || anchoring === "startswith" ? [[]] : [];
  return { pieces: [...before, ...wildcard.pieces, ...after] };
}

const isLiteral = (piece: readonly number[]): boolean => !piece.includes(ANY_ONE);
const textOf = (piece: readonly number[]): string => piece.map((unit) => String.fromCharCode(unit)).join("");

export interface TextTest {
  readonly test: (text: string) => boolean;
  /** The one text that matches, when there is only one. */
  readonly exact?: string;
  /** The longest text every match contains; "" when there is none. */
  readonly literal: string;
}

/** Compiles to a test on a text that was folded already unless the rule is `cased`. Time is linear in the text for patterns without `?`. */
export function compileWildcard(source: Wildcard, cased: boolean): TextTest {
  const pieces = cased ? source.pieces : source.pieces.map(foldPiece);
  const literal = pieces.flatMap(literalRuns).reduce((best, run) => (run.length > best.length ? run : best), "");
  const only = pieces[0];
  if (pieces.length === 1 && only !== undefined && isLiteral(only)) {
    const exact = textOf(only);
    return { test: (text) => text === exact, exact, literal };
  }
  return { test: compilePieces(pieces), literal };
}

function foldPiece(piece: readonly number[]): number[] {
  return splitAtJokers(piece).flatMap((run, index) => [...(index === 0 ? [] : [ANY_ONE]), ...unitsOf(foldText(run))]);
}

const unitsOf = (text: string): number[] => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));

function splitAtJokers(piece: readonly number[]): string[] {
  const runs = [""];
  for (const unit of piece) {
    if (unit === ANY_ONE) runs.push("");
    else runs[runs.length - 1] += String.fromCharCode(unit);
  }
  return runs;
}

function literalRuns(piece: readonly number[]): string[] {
  return splitAtJokers(piece);
}

function compilePieces(pieces: readonly (readonly number[])[]): (text: string) => boolean {
  const first = pieces[0] ?? [];
  if (pieces.length === 1) return (text) => text.length === first.length && pieceAt(first, text, 0);
  const simple = compileSimple(pieces);
  if (simple !== undefined) return simple;
  const last = pieces.at(-1) ?? [];
  const middle = pieces
    .slice(1, -1)
    .filter((piece) => piece.length > 0)
    .map(compileFind);
  const fixed = first.length + last.length;
  return (text) => {
    const end = text.length - last.length;
    if (text.length < fixed || !pieceAt(first, text, 0) || !pieceAt(last, text, end)) return false;
    let from = first.length;
    for (const find of middle) {
      from = find(text, from);
      if (from < 0 || from > end) return false;
    }
    return true;
  };
}

/** The three common forms, with the engine's own search. */
function compileSimple(pieces: readonly (readonly number[])[]): ((text: string) => boolean) | undefined {
  const [first = [], second = [], third = []] = pieces;
  if (!pieces.every(isLiteral)) return undefined;
  if (pieces.length === 2 && second.length === 0) {
    const start = textOf(first);
    return (text) => text.startsWith(start);
  }
  if (pieces.length === 2 && first.length === 0) {
    const end = textOf(second);
    return (text) => text.endsWith(end);
  }
  if (pieces.length === 3 && first.length === 0 && third.length === 0) {
    const part = textOf(second);
    return (text) => text.includes(part);
  }
  return undefined;
}

function pieceAt(piece: readonly number[], text: string, at: number): boolean {
  for (let index = 0; index < piece.length; index++) {
    const unit = piece[index];
    if (unit !== ANY_ONE && unit !== text.charCodeAt(at + index)) return false;
  }
  return true;
}

/** Finds the leftmost place of a piece from an offset and answers with the offset behind it, or -1. */
function compileFind(piece: readonly number[]): (text: string, from: number) => number {
  if (isLiteral(piece)) {
    const part = textOf(piece);
    return (text, from) => {
      const at = text.indexOf(part, from);
      return at < 0 ? -1 : at + part.length;
    };
  }
  return (text, from) => {
    const lastStart = text.length - piece.length;
    for (let at = from; at <= lastStart; at++) if (pieceAt(piece, text, at)) return at + piece.length;
    return -1;
  };
}
