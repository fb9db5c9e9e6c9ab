import type { Command, Word, WordPart } from "unbash";

/** A program and its words, as it starts without a shell. Placeholders are still hidden words. */
export interface PlainCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** it was to run as another user */
  readonly asRoot: boolean;
  /** the file its output was to go to */
  readonly output: string | null;
  /** one of its words is a pattern of file names, which a shell would work out */
  readonly hasPattern: boolean;
}

const HOME = "__home__";

/** A variable that the surroundings of a command give it, with the word that stands for it. */
const VARIABLE = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/;

/** @returns the command, or why it needs a shell */
export function plainCommandOf(command: Command, assigned: ReadonlySet<string>): PlainCommand | string {
  if (command.name === undefined) return "it sets a variable";
  if (command.prefix.some((part) => part.type === "Assignment")) return "it sets a variable";
  let output: string | null = null;
  for (const redirect of command.redirects) {
    if (redirect.type !== "Redirect") return "it has a text within it";
    const target = redirect.target?.value ?? "";
    if (target === "/dev/null" || redirect.operator === ">&") continue;
    if (redirect.operator !== ">" && redirect.operator !== ">>" && redirect.operator !== "&>") {
      return "it reads from a file";
    }
    const word = redirect.target === undefined ? "" : wordText(redirect.target, assigned);
    if (word === null) return "it needs a shell";
    output = word;
  }
  const words: string[] = [];
  const hasPattern = command.args.some(
    (word) => word.type === "Word" && word.parts?.some((part) => part.type === "Glob") === true,
  );
  for (const word of [command.name, ...command.args]) {
    const text = word.type === "Word" ? wordText(word, assigned) : word.text;
    if (text === null) return reasonOf(word.type === "Word" ? word : undefined);
    words.push(text);
  }
  return unwrap(words, { output, hasPattern });
}

function unwrap(words: readonly string[], facts: Pick<PlainCommand, "output" | "hasPattern">): PlainCommand {
  const [program = "", ...args] = words;
  if (program === "sudo" || program === "doas") {
    const at = args.findIndex((arg) => !arg.startsWith("-"));
    if (at >= 0) return { ...unwrap(args.slice(at), facts), asRoot: true };
  }
  if (program === "nohup" && args.length > 0) return unwrap(args, facts);
  return { program, args, asRoot: false, ...facts };
}

function reasonOf(word: Word | undefined): string {
  const parts = word?.parts ?? [];
  if (parts.some((part) => part.type === "Glob" || part.type === "BraceExpansion" || part.type === "ExtendedGlob")) {
    return "its file names are patterns";
  }
  return parts.some((part) => part.type === "CommandExpansion")
    ? "it uses what another command prints"
    : "it uses variables";
}

/** The word as the program gets it; null when a shell would have to work it out. Patterns stay as they are written. */
function wordText(word: Word, assigned: ReadonlySet<string>): string | null {
  const parts = word.parts ?? [
    { type: "Literal" as const, pos: word.pos, end: word.end, value: word.value, text: word.text },
  ];
  const texts = parts.map((part) => partText(part, assigned));
  if (texts.includes(null)) return null;
  const text = texts.join("");
  return text === "~" || text.startsWith("~/") ? `${HOME}${text.slice(1)}` : text;
}

function partText(part: WordPart, assigned: ReadonlySet<string>): string | null {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return part.value;
    case "Glob":
      return part.value;
    case "DoubleQuoted":
    case "LocaleString": {
      const texts = part.parts.map((inner) => partText(inner, assigned));
      return texts.includes(null) ? null : texts.join("");
    }
    case "SimpleExpansion":
    case "ParameterExpansion":
      return variableText(part.text, assigned);
    case "CommandExpansion":
    case "ArithmeticExpansion":
    case "ProcessSubstitution":
    case "ExtendedGlob":
    case "BraceExpansion":
      return null;
    default:
      return part satisfies never;
  }
}

function variableText(text: string, assigned: ReadonlySet<string>): string | null {
  const name = VARIABLE.exec(text)?.[1];
  if (name === undefined || assigned.has(name)) return null;
  return name === "HOME" ? HOME : `__var_${name}__`;
}

const HIDDEN = /__home__|__var_([A-Za-z_][A-Za-z0-9_]*?)__/g;

/** Names the home folder and the variables that stand in a word. */
export function replaceVariables(text: string, by: (name: string) => string): string {
  return text.replaceAll(HIDDEN, (_whole: string, name?: string) => by(name ?? "HOME"));
}
