const WORDS_MAX = 64;
const NESTING_MAX = 6;
const SEQUENCE = /^(-?\d{1,6}|[a-zA-Z])\.\.(-?\d{1,6}|[a-zA-Z])$/;

/**
 * Brace expansion: `a{b,c}d` is `abd acd`, `{1..3}` is `1 2 3`. Quotes and backslashes must be gone from the text before.
 *
 * @returns the words, of which the first 64 count
 */
export function expandBraces(text: string, nesting = 0): string[] {
  const found = nesting < NESTING_MAX ? findBraces(text) : undefined;
  if (found === undefined) return [text];
  const { before, choices, after } = found;
  const words: string[] = [];
  const rests = expandBraces(after, nesting + 1);
  for (const choice of choices.flatMap((one) => expandBraces(one, nesting + 1))) {
    for (const rest of rests) {
      if (words.length === WORDS_MAX) return words;
      words.push(before + choice + rest);
    }
  }
  return words;
}

interface Braces {
  readonly before: string;
  readonly choices: readonly string[];
  readonly after: string;
}

function findBraces(text: string): Braces | undefined {
  const open = text.indexOf("{");
  if (open < 0) return undefined;
  const commas: number[] = [];
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const character = text[at];
    if (character === "{") depth++;
    else if (character === "," && depth === 1) commas.push(at);
    else if (character === "}" && --depth === 0) {
      const choices = splitChoices(text, open, at, commas);
      return choices && { before: text.slice(0, open), choices, after: text.slice(at + 1) };
    }
  }
  return undefined;
}

function splitChoices(text: string, open: number, close: number, commas: readonly number[]): string[] | undefined {
  if (commas.length === 0) return readSequence(text.slice(open + 1, close));
  const starts = [open, ...commas.slice(0, WORDS_MAX)];
  return starts.map((start, index) => text.slice(start + 1, commas[index] ?? close));
}

function readSequence(text: string): string[] | undefined {
  const found = SEQUENCE.exec(text);
  if (found === null) return undefined;
  const [, from = "", to = ""] = found;
  const isNumber = /\d/.test(from) && /\d/.test(to);
  if (!isNumber && (/\d/.test(from) || /\d/.test(to))) return undefined;
  const [first, last] = isNumber ? [Number(from), Number(to)] : [from.charCodeAt(0), to.charCodeAt(0)];
  const length = Math.min(Math.abs(last - first) + 1, WORDS_MAX);
  const step = last < first ? -1 : 1;
  return Array.from({ length }, (_, index) => {
    const value = first + index * step;
    return isNumber ? String(value) : String.fromCharCode(value);
  });
}
