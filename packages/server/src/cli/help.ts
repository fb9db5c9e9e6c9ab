import { EXIT_MEANINGS, GLOBAL_OPTIONS } from "./command.ts";
import type { Command, Option } from "./command.ts";
import { alignRows } from "./output.ts";

export function usageLine(command: Command): string {
  const words = (command.positionals ?? []).map((positional) =>
    positional.optional === true ? `[${positional.name}]` : positional.name,
  );
  const options = Object.keys(command.options ?? {}).length > 0 ? ["[OPTIONS]"] : [];
  const rest = command.rest === undefined ? [] : ["--", command.rest.name];
  return ["firebreak", command.name, ...options, ...words, ...rest].join(" ");
}

function optionRows(options: Readonly<Record<string, Option>>): string[][] {
  return Object.entries(options).map(([name, option]) => {
    const short = option.short === undefined ? "" : `-${option.short}, `;
    const value = option.value === undefined ? "" : ` ${option.value}`;
    return [`  ${short}--${name}${value}`, option.summary];
  });
}

/** What `firebreak COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const words = [...(command.positionals ?? []), ...(command.rest === undefined ? [] : [command.rest])];
  const options = { ...command.options, ...GLOBAL_OPTIONS };
  return [
    command.summary,
    "",
    `Usage: ${usageLine(command)}`,
    ...(command.description === undefined ? [] : ["", command.description]),
    ...(words.length === 0 ? [] : ["", ...alignRows(words.map((word) => [`  ${word.name}`, word.summary]))]),
    "",
    "Options:",
    ...alignRows(optionRows(options)),
    ...(command.examples === undefined ? [] : ["", "Examples:", ...command.examples.map((line) => `  ${line}`)]),
    "",
  ].join("\n");
}

/** What `firebreak --help` prints. */
export function overviewHelp(commands: readonly Command[]): string {
  return [
    "Firebreak: incident response for AI agents.",
    "",
    "Usage: firebreak COMMAND [OPTIONS]",
    "",
    ...alignRows(commands.map((command) => [`  ${command.name}`, command.summary])),
    "",
    "Every command takes --json, --home DIR and --help.",
    "stop, resume, status, evidence verify and doctor work while the server is down.",
    "",
    "Exit codes:",
    ...alignRows(Object.entries(EXIT_MEANINGS).map(([code, meaning]) => [`  ${code}`, meaning])),
    "",
  ].join("\n");
}
