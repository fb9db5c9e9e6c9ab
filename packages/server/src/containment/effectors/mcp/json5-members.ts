/** One member of an object in a text: where its name begins and its value ends. */
export interface MemberSpan {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
}

/**
 * Where the members of one object lie in a text of JSON or JSON5 (https://spec.json5.org), so that one can be taken out and
 * everything else stays as it is: comments, order, spaces. For a text that a parser has taken; of another the places mean
 * nothing.
 *
 * @param path names of the objects on the way from the outermost
 * @returns null when there is no such object
 */
export function findMembers(text: string, path: readonly string[]): { open: number; members: MemberSpan[] } | null {
  let open = skipBlank(text, 0);
  for (const name of path) {
    const member = membersOf(text, open)?.findLast((one) => one.name === name);
    if (member === undefined) return null;
    open = member.valueStart;
  }
  const members = membersOf(text, open);
  return members === null ? null : { open, members };
}

function membersOf(text: string, open: number): MemberSpan[] | null {
  if (text[open] !== "{") return null;
  const members: MemberSpan[] = [];
  let at = skipBlank(text, open + 1);
  while (at < text.length && text[at] !== "}") {
    const nameEnd = endOfName(text, at);
    const valueStart = skipBlank(text, skipBlank(text, nameEnd) + 1);
    const end = endOfValue(text, valueStart);
    members.push({ name: readName(text.slice(at, nameEnd)), start: at, end, valueStart });
    const after = skipBlank(text, end);
    at = text[after] === "," ? skipBlank(text, after + 1) : after;
    if (end <= valueStart) return null;
  }
  return members;
}

/** @returns the place of the first sign that is neither space nor comment */
export function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    if (/\s|\uFEFF/.test(text[at] ?? "")) at += 1;
    else if (text.startsWith("//", at)) at = firstAfter(text, /[\n\r\u2028\u2029]/g, at);
    else if (text.startsWith("/*", at)) at = firstAfter(text, /\*\//g, at + 2);
    else return at;
  }
}

function firstAfter(text: string, sign: RegExp, from: number): number {
  sign.lastIndex = from;
  return sign.exec(text) === null ? text.length : sign.lastIndex;
}

function endOfName(text: string, at: number): number {
  if (text[at] === '"' || text[at] === "'") return endOfString(text, at);
  return endOfWord(text, at);
}

function endOfWord(text: string, at: number): number {
  let end = at;
  while (end < text.length && !/[\s:,{}[\]/"']/.test(text[end] ?? "")) end += 1;
  return end;
}

function endOfString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === text[open]) return at + 1;
  }
  return text.length;
}

function endOfValue(text: string, start: number): number {
  if (text[start] === '"' || text[start] === "'") return endOfString(text, start);
  if (text[start] !== "{" && text[start] !== "[") return endOfWord(text, start);
  let depth = 0;
  for (let at = start; at < text.length;) {
    const sign = text[at];
    if (sign === "{" || sign === "[") depth += 1;
    if (sign === "}" || sign === "]") depth -= 1;
    if (depth === 0) return at + 1;
    at = sign === '"' || sign === "'" ? endOfString(text, at) : at + 1;
    at = skipBlank(text, at);
  }
  return text.length;
}

/** Escapes in names are rare, and read as the string that they are. */
function readName(written: string): string {
  const [quote] = written;
  if (quote !== '"' && quote !== "'") return unescape(written);
  return unescape(written.slice(1, -1));
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g, (_all, unit, byte, sign) => {
    const code: unknown = unit ?? byte;
    return typeof code === "string" ? String.fromCharCode(Number.parseInt(code, 16)) : String(sign);
  });
}

/** @returns the text without the member, and without the comma that parted it from its neighbours */
export function withoutMember(text: string, members: readonly MemberSpan[], member: MemberSpan): string {
  const index = members.indexOf(member);
  const next = members[index + 1];
  if (next !== undefined) return text.slice(0, member.start) + text.slice(next.start);
  const comma = skipBlank(text, member.end);
  const end = text[comma] === "," ? comma + 1 : member.end;
  const before = members[index - 1];
  // the comma after the member before is taken out by itself: a comment may stand between
  const from = before === undefined ? member.start : skipBlank(text, before.end);
  const kept = before === undefined ? "" : text.slice(from + 1, member.start);
  return text.slice(0, from) + (kept.trim() === "" ? "" : kept) + text.slice(end);
}

/** @returns the text with the member, as it was written, first in the object that opens there */
export function withMember(text: string, open: number, hasOthers: boolean, member: string): string {
  const rest = text.slice(open + 1);
  const indent = /^\s*\n([ \t]*)\S/.exec(rest)?.[1] ?? "";
  return `${text.slice(0, open + 1)}\n${indent}${member}${hasOthers ? "," : "\n"}${hasOthers ? rest : rest.trimStart()}`;
}
