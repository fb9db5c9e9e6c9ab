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
  if (line.length > SPLIT_CHARACTERS_MAX) return { whole, parts: [] };
  const parts: SimpleCommand[] = [];
  for (const text of splitAtOperators(line)) {
    if (text.trim() !== "") parts.push(toSimpleCommand(text.trim()));
    if (parts.length === PARTS_MAX) break;
  }
  return { whole, parts };
}

function* splitAtOperators(line: string): Generator<string> {
  let start = 0;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (character === "\\" && quote !== "'") i += 1;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (isOperator(line, i)) {
      yield line.slice(start, i);
      start = i + 1;
    }
  }
  yield line.slice(start);
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

function toSimpleCommand(text: string): SimpleCommand {
  let rest = text.trimStart().slice(0, 1024);
  for (let i = 0; i < ASSIGNMENTS_MAX && ASSIGNMENT.test(rest); i++) rest = rest.replace(ASSIGNMENT, "");
  const word = /^[\s(){!]*((?:"[^"]*"|'[^']*'|\\.|[^\s"'();|&<>])+)/.exec(rest)?.[1] ?? "";
  return { text, name: word.replaceAll(/["'\\]/g, "") };
}
