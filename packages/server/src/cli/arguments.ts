import { parseArgs } from "node:util";
import { messageOf, OperatorError } from "../kernel/index.ts";
import { EXIT, GLOBAL_OPTIONS } from "./command.ts";
import type { Command, ParsedArguments } from "./command.ts";

/** @throws OperatorError with exit code 2 when an option is unknown, or a word is missing or too many */
export function parseCommandArguments(command: Command, words: readonly string[]): ParsedArguments {
  const separator = words.indexOf("--");
  const own = separator < 0 ? words : words.slice(0, separator);
  const rest = separator < 0 ? [] : words.slice(separator + 1);
  const { values, positionals } = parseStrictly(command, own);
  if (!values.has("help")) checkPositionals(command, positionals, rest);
  return {
    text: (name) => {
      const value = values.get(name);
      return typeof value === "string" ? value : undefined;
    },
    flag: (name) => values.get(name) === true,
    positional: (index) => positionals[index],
    rest,
  };
}

function usageError(command: Command, message: string): OperatorError {
  return new OperatorError(message, `See: firebreak ${command.name} --help`, { exitCode: EXIT.usage });
}

function parseStrictly(command: Command, words: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries({ ...GLOBAL_OPTIONS, ...command.options }).map(([name, option]) => [
      name,
      { type: option.type, ...(option.short === undefined ? {} : { short: option.short }) },
    ]),
  );
  try {
    const parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
    return { values: new Map(Object.entries(parsed.values)), positionals: parsed.positionals };
  } catch (fault) {
    throw usageError(command, messageOf(fault).split(". ")[0] ?? "The options are not right");
  }
}

function checkPositionals(command: Command, positionals: readonly string[], rest: readonly string[]): void {
  const wanted = command.positionals ?? [];
  const missing = wanted.find((positional, index) => positional.optional !== true && positionals[index] === undefined);
  if (missing !== undefined) throw usageError(command, `${missing.name} is missing: ${missing.summary}`);
  const extra = positionals[wanted.length];
  if (extra !== undefined) throw usageError(command, `"${extra}" is one word too many`);
  if (command.rest !== undefined && rest.length === 0) {
    throw usageError(command, `${command.rest.name} is missing after "--": ${command.rest.summary}`);
  }
  if (command.rest === undefined && rest.length > 0) throw usageError(command, '"--" means nothing here');
}
