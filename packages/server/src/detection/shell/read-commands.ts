import { foldText, isAscii } from "../text/fold-text.ts";
import { Budget } from "./budget.ts";
import { ShellReader } from "./shell-reader.ts";
import type { ShellCommand } from "./shell-reader.ts";

/** What a command line runs, as far as it can be told without running it. */
export interface ShellReading {
  readonly commands: readonly ShellCommand[];
  /** The line asks for more than is looked at: too long, too deep, too many commands. */
  readonly isCut: boolean;
}

const REST_PARTS_MAX = 16;
const LINE_CHARACTERS_MAX = 16 * 1024;

/**
 * Reads a command line as a shell would: every simple command in it, with quotes taken away and variables, braces,
 * aliases, here-documents and known output put in, and what `sh -c`, `eval`, `xargs`, `base64 -d | sh` and the like run.
 * Pure, bounded, and never fails; where the line is broken or too long it also splits at operators alone.
 */
export function readCommands(line: string): ShellReading {
  const budget = new Budget();
  const reader = new ShellReader(budget);
  reader.run(line);
  // look-alike letters, wide forms and characters without width: the same line as a person reads it
  const folded = isAscii(line) ? line : foldText(line.slice(0, LINE_CHARACTERS_MAX));
  if (folded !== line && !line.startsWith(folded)) reader.run(folded);
  if (reader.isBroken || budget.isCut) {
    const rest = line.length > LINE_CHARACTERS_MAX ? line.slice(-LINE_CHARACTERS_MAX) : line;
    const tail = new ShellReader(new Budget());
    for (const part of rest.split(/[;|&\n]+/).slice(-REST_PARTS_MAX)) tail.run(part);
    return { commands: mergeCommands(reader.commands, tail.commands), isCut: budget.isCut };
  }
  return { commands: reader.commands, isCut: budget.isCut };
}

function mergeCommands(known: readonly ShellCommand[], more: readonly ShellCommand[]): ShellCommand[] {
  const texts = new Set(known.map(({ text }) => text));
  return [...known, ...more.filter(({ text }) => !texts.has(text))];
}
