import { GLOBAL_OPTIONS } from "./command.ts";
import type { Command, Option, Positional } from "./command.ts";
import { EXIT, EXIT_MEANINGS } from "./exit-codes.ts";
import type { ExitName } from "./exit-codes.ts";
import { alignRows, wrapText } from "./layout.ts";

/** Help reads well in the narrowest usual terminal. */
const COLUMNS = 80;

export function usageLine(command: Command): string {
  const words = (command.positionals ?? []).map((positional) => {
    const name = positional.many === true ? `${positional.name}…` : positional.name;
    return positional.optional === true ? `[${name}]` : name;
  });
  const options = Object.keys(command.options ?? {}).length > 0 ? ["[OPTIONS]"] : [];
  const rest = command.rest === undefined ? [] : [restWord(command.rest)];
  return ["firebreak", command.name, ...options, ...words, ...rest].join(" ");
}

function restWord({ name, optional }: Positional): string {
  return optional === true ? `[-- ${name}]` : `-- ${name}`;
}

function optionRows(options: Readonly<Record<string, Option>>): string[][] {
  return Object.entries(options).map(([name, option]) => {
    const short = option.short === undefined ? "" : `-${option.short}, `;
    const value = option.value === undefined ? "" : ` ${option.value}`;
    return [`  ${short}--${name}${value}`, option.summary];
  });
}

function exitRows(names: readonly ExitName[]): string[][] {
  return names.map((name) => [`  ${EXIT[name]}`, EXIT_MEANINGS[name]]);
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ["", ...(title === "" ? [] : [title]), ...alignRows(rows, COLUMNS)];
}

/** What `firebreak COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const words = [...(command.positionals ?? []), ...(command.rest === undefined ? [] : [command.rest])];
  return [
    ...wrapText(`firebreak ${command.name}: ${command.summary}`, COLUMNS),
    "",
    `Usage: ${usageLine(command)}`,
    ...(command.description ?? []).flatMap((paragraph) => ["", ...wrapText(paragraph, COLUMNS)]),
    ...section(
      "",
      words.map((word) => [`  ${word.name}`, word.summary]),
    ),
    ...section("Options:", optionRows({ ...command.options, ...GLOBAL_OPTIONS })),
    ...section(
      "Examples:",
      command.examples.map((line) => [`  ${line}`]),
    ),
    ...section("Exit codes:", exitRows(command.exits)),
    "",
  ].join("\n");
}

/** What `firebreak incident` prints: the commands that begin with that word. */
export function groupHelp(name: string, commands: readonly Command[]): string {
  return [
    `Usage: firebreak ${name} COMMAND [OPTIONS]`,
    ...section(
      "",
      commands.map((command) => [`  ${usageLine(command).replace("firebreak ", "")}`, command.summary]),
    ),
    "",
    `firebreak ${name} COMMAND --help explains one, with examples.`,
    "",
  ].join("\n");
}

const FIRST_STEPS: readonly string[][] = [
  ["  firebreak demo", "watch an agent be caught and stopped"],
  ["  firebreak up", "start the server and get a link"],
  ["  firebreak run --agent bot -- ./bot", "supervise an agent of yours"],
  ["  firebreak stop --agent bot --reason TEXT", "stop it, and see the proof"],
];

/** What `firebreak --help` prints. */
export function overviewHelp(commands: readonly Command[]): string {
  return [
    "Firebreak: incident response for AI agents.",
    "",
    "Usage: firebreak COMMAND [OPTIONS]",
    ...section("First steps:", FIRST_STEPS),
    ...section(
      "Commands:",
      commands.map((command) => [`  ${command.name}`, command.summary]),
    ),
    "",
    ...wrapText(
      "Every command takes --json, --home DIR and --help. firebreak COMMAND --help explains one, with examples. stop, " +
        "resume, status, run, evidence verify and doctor work while the server is down.",
      COLUMNS,
    ),
    ...section("Environment:", [
      ["  FIREBREAK_HOME", "where all state lies (~/.firebreak; root: /var/lib/firebreak)"],
      ["  FIREBREAK_URL", "a server elsewhere, with FIREBREAK_TOKEN to be let in"],
      ["  DATABASE_URL", "a PostgreSQL of yours instead of the bundled one (up, db)"],
      ["  NO_COLOR", "no colours"],
    ]),
    ...section("Exit codes:", exitRows(Object.keys(EXIT_MEANINGS).filter(isExitName))),
    "",
  ].join("\n");
}

function isExitName(name: string): name is ExitName {
  return name in EXIT;
}
