import { parse } from "unbash";
import type { CommandExpansionPart, ProcessSubstitutionPart, Word, WordPart } from "unbash";
import { expandBraces } from "./braces.ts";
import type { Budget } from "./budget.ts";
import { expandParameter } from "./parameter.ts";

/** What expanding words asks of the shell that reads them. */
export interface WordShell {
  readonly budget: Budget;
  /** @returns the value that the line itself gave the variable */
  get(name: string): string | undefined;
  /** Runs what is in `$(…)`, `<(…)` or backticks. @returns what it prints, when that can be known */
  substitute(part: CommandExpansionPart | ProcessSubstitutionPart): string | undefined;
}

const OPERANDS_DEEP_MAX = 4;

/** Takes quotes away and puts in what is known. What is not known stays as it is written. */
export class WordExpander {
  readonly #shell: WordShell;
  #operandDepth = 0;

  constructor(shell: WordShell) {
    this.#shell = shell;
  }

  /** @returns the words it becomes: none when it is empty, several by braces and by spaces in a variable */
  expand(word: Word, isName = false): string[] {
    const { parts } = word;
    if (parts === undefined) return [word.value];
    if (parts.some(({ type }) => type === "BraceExpansion")) {
      const text = parts.map((part) => this.#textOf(part, isName)).join("");
      return this.#clip(expandBraces(text).flatMap((one) => one.split(/\s+/).filter(Boolean)));
    }
    return this.#clip(this.#split(parts, isName));
  }

  /** @returns the word as one text, as in an assignment or a here-string */
  expandText(word: Word): string {
    const { parts } = word;
    const text = parts === undefined ? word.value : parts.map((part) => this.#textOf(part, false)).join("");
    return this.#shell.budget.clipText(text);
  }

  expandParts(parts: readonly WordPart[]): string {
    return this.#shell.budget.clipText(parts.map((part) => this.#textOf(part, false)).join(""));
  }

  #clip(words: string[]): string[] {
    return words.map((text) => this.#shell.budget.clipText(text));
  }

  /** Unquoted values fall apart at spaces; quoted ones do not. */
  #split(parts: readonly WordPart[], isName: boolean): string[] {
    const words: string[] = [];
    let current: string | undefined;
    for (const part of parts) {
      const text = this.#textOf(part, isName);
      if (!isSplit(part) || !/\s|,/.test(text) || text === part.text) {
        if (text !== "" || isQuote(part)) current = (current ?? "") + text;
        continue;
      }
      const [first = "", ...rest] = text.split(this.#separator());
      if (first !== "") current = (current ?? "") + first;
      for (const piece of rest) {
        if (current !== undefined) words.push(current);
        current = piece === "" ? undefined : piece;
      }
    }
    if (current !== undefined) words.push(current);
    return words;
  }

  #separator(): RegExp {
    const own = this.#shell.get("IFS");
    if (own === undefined || own === "") return /\s+/;
    return new RegExp(`[${own.slice(0, 8).replaceAll(/[\\\]^-]/g, String.raw`\$&`)}]+`);
  }

  #textOf(part: WordPart, isName: boolean): string {
    switch (part.type) {
      case "Literal":
      case "SingleQuoted":
      case "AnsiCQuoted":
      case "Glob":
        return part.value;
      case "DoubleQuoted":
      case "LocaleString":
        return part.parts.map((child) => this.#textOf(child, isName)).join("");
      case "SimpleExpansion":
        return this.#variable(part.text, isName);
      case "ParameterExpansion":
        return expandParameter(part, this.#source) ?? (isName ? "" : part.text);
      case "CommandExpansion":
        return this.#shell.substitute(part)?.replace(/\n+$/, "") ?? part.text;
      case "ProcessSubstitution":
        this.#shell.substitute(part);
        return part.text;
      case "BraceExpansion":
        return part.parts?.map((child) => this.#textOf(child, isName)).join("") ?? part.text;
      case "ArithmeticExpansion":
      case "ExtendedGlob":
        return part.text;
      default:
        return part satisfies never;
    }
  }

  /** In the name of a command an unset variable is nothing (`r${x}m`); elsewhere its name tells more. */
  #variable(text: string, isName: boolean): string {
    const name = text.slice(1);
    if (name === "IFS") return " ";
    if (/^[@*\d]$/.test(name)) return this.#shell.get(name) ?? "";
    return this.#shell.get(name) ?? (isName ? "" : text);
  }

  readonly #source = {
    get: (name: string) => this.#shell.get(name),
    expand: (text: string) => this.#operand(text),
  };

  /** The word behind the operator in `${x:-word}`, which may hold expansions of its own. */
  #operand(text: string): string {
    if (!/[$`'"\\]/.test(text) || this.#operandDepth >= OPERANDS_DEEP_MAX) return text;
    this.#operandDepth++;
    try {
      const [statement] = parse(`x=${text}`).commands;
      const command = statement?.command;
      const assignment = command?.type === "Command" ? command.prefix[0] : undefined;
      if (assignment?.type !== "Assignment" || assignment.value.type !== "Word") return text;
      return this.expandText(assignment.value);
    } finally {
      this.#operandDepth--;
    }
  }
}

function isSplit({ type }: WordPart): boolean {
  return type === "SimpleExpansion" || type === "ParameterExpansion" || type === "CommandExpansion";
}

function isQuote({ type }: WordPart): boolean {
  return type === "SingleQuoted" || type === "DoubleQuoted" || type === "AnsiCQuoted" || type === "LocaleString";
}

/**
 * Whether a word is written as nobody writes who has nothing to hide: a name put together from quoted and bare letters
 * (`r''m`, `s"u"do`), from escapes (`$'\x72m'`), `${IFS}` for a space, or braces for a command.
 */
export function isDisguised(word: Word, isName: boolean): boolean {
  const { parts } = word;
  if (parts === undefined) return false;
  if (
    parts.some(
      (part) => (part.type === "SimpleExpansion" || part.type === "ParameterExpansion") && isFieldSeparator(part.text),
    )
  )
    return true;
  if (!isName) return false;
  if (parts.some(({ type }) => type === "BraceExpansion" || type === "AnsiCQuoted")) return true;
  return parts.some((part, index) => {
    const text = literalOf(part);
    const next = parts[index + 1];
    const nextText = next === undefined ? undefined : literalOf(next);
    if (text === undefined || nextText === undefined) return false;
    return (
      isQuote(part) !== (next !== undefined && isQuote(next)) && /(?:^|\w)$/.test(text) && /^(?:\w|$)/.test(nextText)
    );
  });
}

const isFieldSeparator = (text: string): boolean => /^\$\{?IFS\b/.test(text);

function literalOf(part: WordPart): string | undefined {
  if (part.type === "Literal" || part.type === "SingleQuoted") return part.value;
  if (part.type !== "DoubleQuoted") return undefined;
  return part.parts.every((child) => child.type === "Literal") ? part.text.slice(1, -1) : undefined;
}
