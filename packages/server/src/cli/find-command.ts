import { OperatorError } from "../kernel/index.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { EXIT } from "./exit-codes.ts";
import { printable } from "./printable.ts";
import { nearest } from "@firebreak/sigma/nearest";

export type Found =
  | { readonly kind: "command"; readonly command: Command; readonly rest: readonly string[] }
  /** a first word that several commands share: `incident` */
  | { readonly kind: "group"; readonly name: string; readonly commands: readonly Command[] };

function firstWord(command: Command): string {
  return command.name.split(" ")[0] ?? "";
}

/**
 * @returns the command that the first words name, or the group
 * @throws OperatorError with the exit code for usage and what was probably meant
 */
export function findCommand(words: readonly string[]): Found {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (command !== undefined) return { kind: "command", command, rest: words.slice(length) };
  }
  const [first = "", second] = words;
  const group = COMMANDS.filter((command) => firstWord(command) === first);
  if (group.length > 0 && (second === undefined || second.startsWith("-"))) {
    return { kind: "group", name: first, commands: group };
  }
  throw unknownCommand(first, second, group);
}

function unknownCommand(first: string, second: string | undefined, group: readonly Command[]): OperatorError {
  const options = { exitCode: EXIT.usage };
  if (group.length > 0 && second !== undefined) {
    const subcommands = group.map((command) => command.name.slice(first.length + 1));
    const near = nearest(second, subcommands);
    return new OperatorError(
      `There is no command "${first} ${printable(second)}".`,
      near === undefined ? `There is: ${subcommands.join(", ")}.` : `Did you mean: firebreak ${first} ${near}`,
      options,
    );
  }
  const near = nearest(first, [...new Set([...COMMANDS.map(firstWord), "help", "version"])]);
  return new OperatorError(
    `There is no command "${printable(first)}".`,
    near === undefined ? "firebreak help lists the commands." : `Did you mean: firebreak ${near}`,
    options,
  );
}
