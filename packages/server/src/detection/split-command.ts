/** One command line, and the name of the program it starts. */
export interface SimpleCommand {
  readonly text: string;
  readonly name: string;
}

/** Simple commands looked at in one line. */
const PARTS_MAX = 16;
/** Characters of a line that are split; the line as a whole is always presented. */
const SPLIT_CHARACTERS_MAX = 16 * 1024;

/**
 * Splits a shell line at `;`, `&`, `|` and line ends outside quotes. It follows quoting and backslashes only: what
 * substitutions and variables would do is for rules on the whole line.
 */
export function splitCommandLine(line: string): { whole: SimpleCommand; parts: SimpleCommand[] } {
  const whole = toSimpleCommand(line);
  if (line.length > SPLIT_CHARACTERS_MAX || !/[;&|\n]/.test(line)) return { whole, parts: [] };
  const parts: SimpleCommand[] = [];
  for (const text of splitAtOperators(line)) {
    if (text.trim() !== "") parts.push(toSimpleCommand(text.trim()));
    if (parts.length === PARTS_MAX) break;
  }
  return { whole, parts };
}

function splitAtOperators(line: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quote = "";
  let skipTo = 0;
  for (const { 0: character, index } of line.matchAll(/["'\\;&|\n]/g)) {
    if (index < skipTo) continue;
    if (character === "\\") {
      if (quote !== "'") skipTo = index + 2;
    } else if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === '"' || character === "'") {
      quote = character;
    } else if (isOperator(line, index)) {
      parts.push(line.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(line.slice(start));
  return parts;
}

/** An `&` beside `>` or `<` redirects (`2>&1`, `&>file`) and does not end a command. */
function isOperator(line: string, position: number): boolean {
  const character = line.charAt(position);
  if (character === ";" || character === "|" || character === "\n") return true;
  if (character !== "&") return false;
  return !/[<>]/.test(line.charAt(position - 1)) && line.charAt(position + 1) !== ">";
}

const ASSIGNMENT = /^\s*\w+=(?:"[^"]*"|'[^']*'|\S*)\s+/;
const ASSIGNMENTS_MAX = 20;
const PLAIN_NAME = /^[\w./+-]+(?=[\s;|&<>()]|$)/;
const NAME = /^[\s(){!]*((?:"[^"]*"|'[^']*'|\\.|[^\s"'();|&<>])+)/;
const NAME_CHARACTERS_MAX = 1024;

function toSimpleCommand(text: string): SimpleCommand {
  const plain = PLAIN_NAME.exec(text)?.[0];
  if (plain !== undefined) return { text, name: plain };
  let rest = text.trimStart().slice(0, NAME_CHARACTERS_MAX);
  for (let i = 0; i < ASSIGNMENTS_MAX && ASSIGNMENT.test(rest); i++) rest = rest.replace(ASSIGNMENT, "");
  const word = NAME.exec(rest)?.[1] ?? "";
  return { text, name: word.replaceAll(/["'\\]/g, "") };
}
