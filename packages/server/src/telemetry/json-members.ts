/**
 * Counts the members (`"key":`) in JSON text that is known to parse. `JSON.parse` keeps the last of two equal keys
 * without a word; more members in the text than keys in the value means that a key was given twice.
 */
export function countMembers(text: string): number {
  let members = 0;
  let open = text.indexOf('"');
  while (open >= 0) {
    const close = findClosingQuote(text, open);
    if (isFollowedByColon(text, close)) members += 1;
    open = text.indexOf('"', close + 1);
  }
  return members;
}

/** @returns the members of each element of an array's JSON text that is known to parse */
export function countMembersOfElements(text: string): number[] {
  const counts: number[] = [];
  let depth = 0;
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) {
      i = findClosingQuote(text, i);
      if (isFollowedByColon(text, i)) members += 1;
    } else if (character === OPEN_BRACE || character === OPEN_BRACKET) {
      depth += 1;
    } else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) {
      depth -= 1;
    }
    const elementEnds = (depth === 1 && character === COMMA) || (depth === 0 && character === CLOSE_BRACKET);
    if (!elementEnds) continue;
    counts.push(members);
    members = 0;
  }
  return counts;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function findClosingQuote(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close >= 0 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close < 0 ? text.length : close;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(position - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

function isFollowedByColon(text: string, close: number): boolean {
  let next = close + 1;
  while (isJsonSpace(text.charCodeAt(next))) next += 1;
  return text.charCodeAt(next) === COLON;
}

function isJsonSpace(character: number): boolean {
  return character === 0x20 || character === 0x0a || character === 0x0d || character === 0x09;
}
