import { parseArgs } from "node:util";
import { codeOf, messageOf, OperatorError } from "../kernel/index.ts";
import { GLOBAL_OPTIONS } from "./command.ts";
import type { Command, Option, ParsedArguments } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { printable } from "./printable.ts";
import { nearest } from "@firebreak/sigma/nearest";

/** @throws OperatorError with exit code 2 when an option is unknown or given twice, or a word is missing or too many */
export function parseCommandArguments(command: Command, words: readonly string[]): ParsedArguments {
  const separator = words.indexOf("--");
  const own = separator < 0 ? words : words.slice(0, separator);
  const rest = separator < 0 ? [] : words.slice(separator + 1);
  const { values, positionals } = parseStrictly(command, own);
  if (!values.has("help")) checkWords(command, positionals, { rest, hasSeparator: separator >= 0 });
  const text = (name: string) => {
    const value = values.get(name);
    return typeof value === "string" ? value : undefined;
  };
  return {
    text,
    requiredText: (name, charactersMin = 1) => requiredText(command, name, text(name), charactersMin),
    count: (name, range) => countOf(command, name, text(name), range),
    flag: (name) => values.get(name) === true,
    positional: (index) => positionals[index],
    positionals,
    texts: (name) => textsOf(values.get(name)),
    rest,
  };
}

/** @returns a fault of the command line, which points to the command's help */
export function usageError(command: Pick<Command, "name">, message: string): OperatorError {
  return new OperatorError(message, `See: firebreak ${command.name} --help`, { exitCode: EXIT.usage });
}

function textsOf(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === "string");
}

function optionsOf(command: Command): Readonly<Record<string, Option>> {
  return { ...GLOBAL_OPTIONS, ...command.options };
}

function requiredText(command: Command, name: string, value: string | undefined, charactersMin: number): string {
  const text = value?.trim() ?? "";
  if (text.length >= charactersMin) return text;
  const form = `--${name} ${optionsOf(command)[name]?.value ?? ""}`.trimEnd();
  if (value === undefined) throw usageError(command, `${form} is missing.`);
  throw usageError(command, `${form} needs ${charactersMin} characters or more.`);
}

function countOf(
  command: Command,
  name: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= min && count <= max) return count;
  throw usageError(command, `--${name} takes a whole number from ${min} to ${max}, not "${printable(text)}".`);
}

function parseStrictly(command: Command, words: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(optionsOf(command)).map(([name, option]) => [
      name,
      {
        type: option.type,
        multiple: option.repeatable === true,
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  );
  try {
    const parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true, tokens: true });
    checkOptions(command, parsed.tokens);
    return { values: new Map(Object.entries(parsed.values)), positionals: parsed.positionals };
  } catch (fault) {
    throw explainParseFault(command, fault);
  }
}

type Token = { readonly kind: string; readonly name?: string; readonly value?: string | undefined };

/** Of two values the last would win in silence: for a stop that is one agent too few. */
function checkOptions(command: Command, tokens: readonly Token[]): void {
  const seen = new Set<string>();
  for (const { kind, name = "", value } of tokens) {
    if (kind !== "option") continue;
    if (seen.has(name) && optionsOf(command)[name]?.repeatable !== true)
      throw usageError(command, `Give --${name} once.`);
    if (value === "") throw usageError(command, `--${name} has an empty value.`);
    seen.add(name);
  }
}

function explainParseFault(command: Command, fault: unknown): unknown {
  const code = codeOf(fault);
  const named = /'(?:-\w, )?(--?[^' ,=]+)/.exec(messageOf(fault))?.[1] ?? "";
  const name = named.replace(/^-+/, "");
  const option = optionsOf(command)[name];
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const near = named.startsWith("--") ? nearest(name, Object.keys(optionsOf(command))) : undefined;
    const hint = near === undefined ? "" : ` Did you mean --${near}?`;
    return usageError(command, `There is no option ${printable(named)} here.${hint}`);
  }
  if (code !== "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") return fault;
  return option?.type === "boolean"
    ? usageError(command, `${named} takes no value.`)
    : usageError(
        command,
        `${named} needs a value: ${named} ${option?.value ?? "VALUE"} (if it begins with a dash: ${named}=VALUE).`,
      );
}

function checkWords(
  command: Command,
  positionals: readonly string[],
  { rest, hasSeparator }: { readonly rest: readonly string[]; readonly hasSeparator: boolean },
): void {
  const wanted = command.positionals ?? [];
  const missing = wanted.find((positional, index) => positional.optional !== true && positionals[index] === undefined);
  if (missing !== undefined) throw usageError(command, `${missing.name} is missing: ${missing.summary}.`);
  const extra = wanted.at(-1)?.many === true ? undefined : positionals[wanted.length];
  if (extra !== undefined && command.rest !== undefined && !hasSeparator) {
    throw usageError(command, `Put -- before the command: firebreak ${command.name} … -- ${printable(extra)} …`);
  }
  if (extra !== undefined) throw usageError(command, `"${printable(extra)}" is one word too many.`);
  if (command.rest !== undefined && command.rest.optional !== true && rest.length === 0) {
    throw usageError(command, `${command.rest.name} is missing after --: ${command.rest.summary}.`);
  }
  if (command.rest === undefined && rest.length > 0) throw usageError(command, "-- means nothing here.");
}
