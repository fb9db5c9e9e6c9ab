#!/usr/bin/env node
import os from "node:os";
import {
  createNewId,
  createLogger,
  messageOf,
  OperatorError,
  processEnvironment,
  readConfig,
  systemClock,
} from "../kernel/index.ts";
import type { ConfigOverrides } from "../kernel/index.ts";
import { parseCommandArguments } from "./arguments.ts";
import { createApiClient } from "./client.ts";
import { EXIT } from "./command.ts";
import type { Command, CommandContext, ParsedArguments } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { commandHelp, overviewHelp } from "./help.ts";
import { readVersion } from "./installation.ts";
import { createOutput } from "./output.ts";
import type { Output } from "./output.ts";

/** @returns the command that the first words name, and the words after its name */
function findCommand(words: readonly string[]): { command: Command; rest: readonly string[] } | null {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (command !== undefined && words.length >= length) return { command, rest: words.slice(length) };
  }
  return null;
}

function standardOutput(json: boolean): Output {
  const { stdout, stderr } = process;
  const env = processEnvironment();
  return createOutput(
    {
      writeOut: (text) => stdout.write(text),
      writeError: (text) => stderr.write(text),
      isTerminal: stdout.isTTY,
      useColour: stdout.isTTY && env["NO_COLOR"] === undefined && env["TERM"] !== "dumb",
    },
    json,
  );
}

function unknownCommand(words: readonly string[]): OperatorError {
  const [first = ""] = words;
  const near = COMMANDS.filter((command) => command.name.split(" ")[0] === first).map((command) => command.name);
  const remedy = near.length > 0 ? `There is: ${near.join(", ")}` : "firebreak --help lists the commands.";
  return new OperatorError(`There is no command "${words.slice(0, 2).join(" ")}".`, remedy, { exitCode: EXIT.usage });
}

function overridesOf(args: ParsedArguments): ConfigOverrides {
  return {
    home: args.text("home"),
    host: args.text("host"),
    port: args.text("port"),
    profileName: args.text("profile"),
    publicUrl: args.text("public-url"),
    logLevel: args.text("log-level"),
  };
}

function createContext(args: ParsedArguments, output: Output): CommandContext {
  const environment = processEnvironment();
  const config = readConfig(environment, overridesOf(args));
  return {
    config,
    output,
    clock: systemClock,
    newId: createNewId(() => systemClock.now()),
    logger: createLogger(systemClock, config.logLevel, (line) => process.stderr.write(line)),
    args,
    client: createApiClient(config, environment, globalThis.fetch),
    userName: userName(),
    environment,
    workingDirectory: process.cwd(),
  };
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

async function runWords(words: readonly string[]): Promise<number> {
  const [first] = words;
  if (first === undefined || first === "help" || first === "--help" || first === "-h") return printHelp(words.slice(1));
  if (first === "--version" || first === "version") {
    process.stdout.write(`${readVersion()}\n`);
    return EXIT.ok;
  }
  const found = findCommand(words);
  if (found === null) throw unknownCommand(words);
  const args = parseCommandArguments(found.command, found.rest);
  if (args.flag("help")) {
    process.stdout.write(commandHelp(found.command));
    return EXIT.ok;
  }
  return found.command.run(createContext(args, standardOutput(args.flag("json"))));
}

function printHelp(words: readonly string[]): number {
  const found = findCommand(words);
  process.stdout.write(found === null ? overviewHelp(COMMANDS) : commandHelp(found.command));
  return EXIT.ok;
}

/** People get what happened and what to do; machines the same as one JSON document on standard error. */
function reportFault(fault: unknown, json: boolean): number {
  const isExpected = fault instanceof OperatorError;
  const remedy = isExpected ? fault.remedy : "This is a fault of Firebreak. Please report it with this text.";
  const exitCode = isExpected ? fault.exitCode : EXIT.failed;
  const text = isExpected || !(fault instanceof Error) ? messageOf(fault) : (fault.stack ?? fault.message);
  process.stderr.write(
    json ? `${JSON.stringify({ error: messageOf(fault), remedy, exitCode })}\n` : `firebreak: ${text}\n${remedy}\n`,
  );
  return exitCode;
}

const words = process.argv.slice(2);
try {
  process.exitCode = await runWords(words);
} catch (fault) {
  process.exitCode = reportFault(fault, words.includes("--json"));
}
