#!/usr/bin/env node
import os from "node:os";
import {
  codeOf,
  createLogger,
  createNewId,
  DEFAULT_REDACTION,
  messageOf,
  OperatorError,
  processEnvironment,
  readConfig,
  systemClock,
} from "../kernel/index.ts";
import type { ConfigOverrides } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { parseCommandArguments } from "./arguments.ts";
import { createApiClient } from "./client.ts";
import type { Command, CommandContext, ParsedArguments } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { EXIT } from "./exit-codes.ts";
import { explainSystemFault } from "./explain-system-fault.ts";
import { findCommand } from "./find-command.ts";
import { commandHelp, groupHelp, overviewHelp } from "./help.ts";
import { readVersion } from "./installation.ts";
import { logLine } from "./log-lines.ts";
import { createOutput } from "./output.ts";
import type { Output } from "./output.ts";

function standardOutput(json: boolean): Output {
  const { stdout, stderr } = process;
  const env = processEnvironment();
  return createOutput(
    {
      writeOut: (text) => stdout.write(text),
      writeError: (text) => stderr.write(text),
      isTerminal: stdout.isTTY,
      useColour: stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
      columns: stdout.isTTY ? stdout.columns : undefined,
    },
    json,
  );
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
  const userName = operatingSystemUser();
  return {
    config,
    output,
    clock: systemClock,
    newId: createNewId(() => systemClock.now()),
    logger: createLogger(
      systemClock,
      config.logLevel,
      (record) => process.stderr.write(logLine(record, process.stderr.isTTY)),
      createRedactor({ ...DEFAULT_REDACTION, pii: "off" }).maskText,
    ),
    args,
    client: createApiClient({ config, environment, fetchFrom: globalThis.fetch, userName }),
    userName,
    environment,
    workingDirectory: process.cwd(),
  };
}

function operatingSystemUser(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** `firebreak incident list | head -1`: the reader goes away, which is no fault. */
function endWithReader(command: Command): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (fault) => {
      if (codeOf(fault) !== "EPIPE") throw fault;
      if (command.outlivesItsReader !== true) process.exit();
    });
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
  if (found.kind === "group") {
    const isAsked = words.includes("--help") || words.includes("-h");
    (isAsked ? process.stdout : process.stderr).write(groupHelp(found.name, found.commands));
    return isAsked ? EXIT.ok : EXIT.usage;
  }
  const args = parseCommandArguments(found.command, found.rest);
  if (args.flag("help")) {
    process.stdout.write(commandHelp(found.command));
    return EXIT.ok;
  }
  endWithReader(found.command);
  return found.command.run(createContext(args, standardOutput(args.flag("json"))));
}

function printHelp(words: readonly string[]): number {
  process.stdout.write(helpFor(words.filter((word) => !word.startsWith("-"))));
  return EXIT.ok;
}

function helpFor(words: readonly string[]): string {
  if (words.length === 0) return overviewHelp(COMMANDS);
  const found = findCommand(words);
  return found.kind === "group" ? groupHelp(found.name, found.commands) : commandHelp(found.command);
}

/** People get what happened and what to do; machines the same as one JSON document on standard error. */
function reportFault(thrown: unknown, json: boolean): number {
  const fault = explainSystemFault(thrown) ?? thrown;
  const isExpected = fault instanceof OperatorError;
  const remedy = isExpected ? fault.remedy : "This is a fault of Firebreak. Please report it with this text.";
  const exitCode = isExpected ? fault.exitCode : EXIT.failed;
  const text = isExpected || !(fault instanceof Error) ? messageOf(fault) : (fault.stack ?? fault.message);
  process.stderr.write(
    json ? `${JSON.stringify({ error: messageOf(fault), remedy, exitCode })}\n` : `firebreak: ${text}\n${remedy}\n`,
  );
  return exitCode;
}

/** What follows `--` belongs to the agent. */
function asksForJson(words: readonly string[]): boolean {
  const separator = words.indexOf("--");
  return (separator < 0 ? words : words.slice(0, separator)).includes("--json");
}

const words = process.argv.slice(2);
try {
  process.exitCode = await runWords(words);
} catch (fault) {
  process.exitCode = reportFault(fault, asksForJson(words));
}
