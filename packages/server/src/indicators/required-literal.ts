/** A run of letters that each match of a pattern holds; folded when case may not count. */
export interface Literal {
  readonly text: string;
  readonly isFolded: boolean;
}

const QUANTIFIER = /^(?:([*?+])|\{(\d+)(?:,\d*)?\})\??/;
const FLAGS = /^\(\?([a-zA-Z]*)(?:-[a-zA-Z]+)?\)/;
/** Classes and places that are two characters long. */
const TWO_LONG = /^\\[bBAzdDsSwWntrfav]/;
const UNICODE_CLASS = /^\\[pP](?:\{[^}]*\}|.)/;

/** Reads a pattern that compiles. @returns the longest run outside groups and choices; undefined when none is sure */
export function requiredLiteral(source: string): Literal | undefined {
  let best = "";
  let run = "";
  let isFolded = false;
  const endRun = () => {
    if (run.length > best.length) best = run;
    run = "";
  };
  for (let at = 0; at < source.length;) {
    const rest = source.slice(at);
    const flags = FLAGS.exec(rest);
    if (flags !== null) {
      isFolded ||= (flags[1] ?? "").includes("i");
      at += flags[0].length;
      continue;
    }
    const atom = readAtom(rest);
    if (atom === undefined) return undefined;
    at += atom.length;
    const quantifier = QUANTIFIER.exec(source.slice(at));
    at += quantifier?.[0].length ?? 0;
    const isOptional = quantifier !== null && (quantifier[1] === "*" || quantifier[1] === "?" || quantifier[2] === "0");
    if (atom.literal !== undefined && !isOptional) run += atom.literal;
    if (atom.literal === undefined || quantifier !== null) endRun();
  }
  endRun();
  return best === "" ? undefined : { text: best, isFolded };
}

interface Atom {
  readonly length: number;
  /** undefined: more than one text */
  readonly literal?: string;
}

/** @returns undefined for what makes all of it unsure */
function readAtom(rest: string): Atom | undefined {
  const sign = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  if (sign === "|") return undefined;
  if (sign === "\\") return readEscape(rest);
  if (sign === "[") return { length: classLength(rest) };
  if (sign === "(") {
    const length = groupLength(rest);
    return length === undefined ? undefined : { length };
  }
  if (".^$".includes(sign)) return { length: 1 };
  return { length: sign.length, literal: sign };
}

function readEscape(rest: string): Atom | undefined {
  const next = rest[1] ?? "";
  if (/^[!-/:-@[-`{-~]$/.test(next)) return { length: 2, literal: next };
  if (TWO_LONG.test(rest)) return { length: 2 };
  const unicode = UNICODE_CLASS.exec(rest);
  return unicode === null ? undefined : { length: unicode[0].length };
}

/** `[^]a[:alpha:]\]]` */
function classLength(rest: string): number {
  let at = rest.startsWith("[^") ? 2 : 1;
  if (rest[at] === "]") at += 1;
  while (at < rest.length && rest[at] !== "]") {
    const posix = /^\[:[^\]]*:\]/.exec(rest.slice(at));
    if (posix !== null) at += posix[0].length;
    else at += rest[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

function groupLength(rest: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < rest.length;) {
    const sign = rest[at];
    if (sign === "\\") {
      if (rest[at + 1] === "Q") return undefined;
      at += 2;
      continue;
    }
    if (sign === "[") {
      at += classLength(rest.slice(at));
      continue;
    }
    if (sign === "(") depth += 1;
    if (sign === ")") depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return undefined;
}
