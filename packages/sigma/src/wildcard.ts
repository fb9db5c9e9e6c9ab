import { foldText } from "./text.ts";

/** One character of a pattern between two `*`: a code unit, ANY_ONE for `?`, or ANY_DASH under `windash`. */
const ANY_ONE = -1;
const ANY_DASH = -2;
/** Hyphen, slash, en dash, em dash and horizontal bar, which the specification's `windash` takes for one another. */
const DASHES = "-/–—―";

/** A value of a rule after its escapes were read. `pieces` are what stands between the `*`. */
export interface Wildcard {
  readonly pieces: readonly (readonly number[])[];
}

/** In keys, what follows it is no literal text. */
const MARK = "\u0001";

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

/** Under `windash` each dash stands for all of them. */
export function loosenDashes(wildcard: Wildcard): Wildcard {
  const loosen = (unit: number): number => (unit >= 0 && DASHES.includes(String.fromCharCode(unit)) ? ANY_DASH : unit);
  return { pieces: wildcard.pieces.map((piece) => piece.map(loosen)) };
}

/** All texts with each dash of `text` replaced by every dash: five times as many for each. */
export function permuteDashes(text: string): string[] {
  let texts = [""];
  for (const char of text) {
    const choices = DASHES.includes(char) ? DASHES.split("") : [char];
    texts = texts.flatMap((before) => choices.map((choice) => before + choice));
  }
  return texts;
}

export function countDashes(text: string): number {
  return text.split("").filter((char) => DASHES.includes(char)).length;
}

/** A pattern that is one text, whatever characters it has. */
export function literalWildcard(text: string): Wildcard {
  return { pieces: [unitsOf(text)] };
}

/** The one text a pattern stands for, or undefined when it has wildcards. */
export function literalOf({ pieces }: Wildcard): string | undefined {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined && hasNoClass(only) ? textOf(only) : undefined;
}

export type Anchoring = "equals" | "contains" | "startswith" | "endswith";

/** Opens the pattern at one end or both, as the modifier says. */
export function anchor(wildcard: Wildcard, anchoring: Anchoring): Wildcard {
  const before = anchoring === "contains" || anchoring === "endswith" ? [[]] : [];
  const after = anchoring === "contains" || anchoring === "startswith" ? [[]] : [];
  return { pieces: [...before, ...wildcard.pieces, ...after] };
}

const hasNoClass = (piece: readonly number[]): boolean => piece.every((unit) => unit >= 0);
const textOf = (piece: readonly number[]): string => piece.map((unit) => String.fromCharCode(unit)).join("");

export interface TextTest {
  /** The same for patterns that are the same. */
  readonly key: string;
  readonly test: (text: string) => boolean;
  /** The one text that matches, when there is only one. */
  readonly exact?: string;
  /** Texts of which every match contains one, the longest there are; none when there is nothing to look for. */
  readonly literals: readonly string[];
  /** The pattern matches wherever one of them stands in a folded text. */
  readonly isLiteral: boolean;
}

/**
 * The same as {@link compileWildcard} of a value without wildcards, escaped backslashes or classes, as nearly all values
 * are, in a fraction of the time.
 *
 * @returns undefined for any other value
 */
export function compilePlain(written: string, anchoring: Anchoring, cased: boolean): TextTest | undefined {
  if (/[*?]|\\\\/.test(written) || written.includes(MARK) || written === "") return undefined;
  const literal = cased ? written : foldText(written);
  const before = anchoring === "contains" || anchoring === "endswith" ? `${MARK}*` : "";
  const after = anchoring === "contains" || anchoring === "startswith" ? `${MARK}*` : "";
  const key = (cased ? "c" : "f") + before + literal + after;
  const base = { key, literals: [literal], isLiteral: anchoring === "contains" && !cased };
  switch (anchoring) {
    case "equals":
      return { ...base, exact: literal, test: (text) => text === literal };
    case "contains":
      return { ...base, test: (text) => text.includes(literal) };
    case "startswith":
      return { ...base, test: (text) => text.startsWith(literal) };
    case "endswith":
      return { ...base, test: (text) => text.endsWith(literal) };
  }
}

/** Compiles to a test on a text that was folded already unless the rule is `cased`. Time is linear in the text for patterns without `?`. */
export function compileWildcard(source: Wildcard, cased: boolean): TextTest {
  const pieces = cased ? source.pieces : source.pieces.map(foldPiece);
  const literals = literalsOf(pieces);
  const isLiteral = !cased && isOneRun(pieces, literals);
  const key = keyOf(pieces, cased);
  const exact = literalOf({ pieces });
  if (exact !== undefined) return { key, test: (text) => text === exact, exact, literals, isLiteral };
  return { key, test: compilePieces(pieces), literals, isLiteral };
}

/** A longest run shorter than this is worth taking a dash with it in all its forms. */
const RUN_CHARS_MIN = 4;

function literalsOf(pieces: Wildcard["pieces"]): readonly string[] {
  const best = longest(pieces.flatMap(literalRuns))?.text ?? "";
  if (best.length < RUN_CHARS_MIN) {
    const dashed = longest(pieces.flatMap(dashedRuns));
    if (dashed !== undefined && dashed.text.length > best.length) return permuteDashes(dashed.text);
  }
  return best === "" ? [] : [best];
}

/** Whether the pattern is open at both ends and nothing but the run that its literals stand for. */
function isOneRun(pieces: Wildcard["pieces"], literals: readonly string[]): boolean {
  const [before, run, after, ...more] = pieces;
  if (before?.length !== 0 || after?.length !== 0 || more.length > 0 || run === undefined) return false;
  return literals[0]?.length === run.length && !run.includes(ANY_ONE);
}

/** Runs with one dash class in them, written as a hyphen. */
function dashedRuns(piece: readonly number[]): { readonly text: string }[] {
  return piece.flatMap((unit, at) => {
    if (unit !== ANY_DASH) return [];
    const before = literalRuns(piece.slice(0, at)).find(({ text, offset }) => offset + text.length === at);
    const after = literalRuns(piece.slice(at + 1)).find(({ offset }) => offset === 0);
    return [{ text: `${before?.text ?? ""}-${after?.text ?? ""}` }];
  });
}

/** Classes and the joints between pieces are told from literal text by a character before them that text has doubled. */
function keyOf(pieces: Wildcard["pieces"], cased: boolean): string {
  const textOfUnit = (unit: number): string => {
    if (unit < 0) return unit === ANY_ONE ? `${MARK}?` : `${MARK}-`;
    const text = String.fromCharCode(unit);
    return text === MARK ? MARK + MARK : text;
  };
  return (cased ? "c" : "f") + pieces.map((piece) => piece.map(textOfUnit).join("")).join(`${MARK}*`);
}

/** Folds the runs between the classes; folding may change their lengths. */
function foldPiece(piece: readonly number[]): number[] {
  const folded: number[] = [];
  let run = "";
  for (const unit of [...piece, undefined]) {
    if (unit !== undefined && unit >= 0) {
      run += String.fromCharCode(unit);
      continue;
    }
    folded.push(...unitsOf(foldText(run)));
    run = "";
    if (unit !== undefined) folded.push(unit);
  }
  return folded;
}

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

/** What stands between the classes of a piece, with its offset. */
function literalRuns(piece: readonly number[]): { readonly text: string; readonly offset: number }[] {
  const runs: { text: string; offset: number }[] = [];
  let text = "";
  for (const [at, unit] of [...piece, ANY_ONE].entries()) {
    if (unit >= 0) text += String.fromCharCode(unit);
    else {
      if (text !== "") runs.push({ text, offset: at - text.length });
      text = "";
    }
  }
  return runs;
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
  if (!pieces.every(hasNoClass)) return undefined;
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
    if (unit === ANY_ONE || unit === text.charCodeAt(at + index)) continue;
    if (unit !== ANY_DASH || !DASHES.includes(text.charAt(at + index))) return false;
  }
  return true;
}

/** Finds the leftmost place of a piece from an offset and answers with the offset behind it, or -1. */
function compileFind(piece: readonly number[]): (text: string, from: number) => number {
  const anchorRun = longest(literalRuns(piece));
  if (anchorRun === undefined) return (text, from) => findFrom(piece, text, from);
  const { text: part, offset } = anchorRun;
  if (part.length === piece.length) {
    return (text, from) => {
      const at = text.indexOf(part, from);
      return at < 0 ? -1 : at + part.length;
    };
  }
  return (text, from) => {
    const lastStart = text.length - piece.length;
    for (let at = text.indexOf(part, from + offset); at >= 0; at = text.indexOf(part, at + 1)) {
      const start = at - offset;
      if (start > lastStart) return -1;
      if (pieceAt(piece, text, start)) return start + piece.length;
    }
    return -1;
  };
}

function findFrom(piece: readonly number[], text: string, from: number): number {
  const lastStart = text.length - piece.length;
  for (let at = from; at <= lastStart; at++) if (pieceAt(piece, text, at)) return at + piece.length;
  return -1;
}

function longest<Run extends { readonly text: string }>(runs: readonly Run[]): Run | undefined {
  let best: Run | undefined;
  for (const run of runs) if (best === undefined || run.text.length > best.text.length) best = run;
  return best;
}
