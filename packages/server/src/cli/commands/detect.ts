import { existsSync } from "node:fs";
import path from "node:path";
import type { Engine, Match } from "@firebreak/sigma";
import { OperatorError } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { readFileRecords } from "../detect/read-records.ts";
import type { FileRecord } from "../detect/split-records.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { profilePlaceholders } from "../profile-placeholders.ts";

export const detectCommand: Command = {
  name: "detect",
  summary: "run Sigma rules over log files, without a server",
  description: [
    "Reads JSON objects, one a line or one after another, also printed over many lines or in arrays; files that end " +
      "with .gz are unpacked. Windows events as evtx readers write them are flattened, and events of agents are " +
      "presented as the server does it.",
    "--format json prints one line for each match: file, index (the object's position in its file, from 0), ruleId, title, " +
      "level. Rules and lines that cannot be read are named on standard error and stop nothing else.",
    "Time is that of the objects. A rule on what did not happen is told of at the object that shows how late it is, and up to the " +
      "newest object's time.",
    "Without --routing every rule looks at every object. With it a rule looks only at objects that come from its log " +
      "source, as far as they tell: their product, category and service, or a Windows event's channel and id.",
    "Ends with 0 whether or not something matched, and with 1 when a file or a part of it could not be read.",
  ],
  positionals: [{ name: "FILE", summary: "log files; - is standard input", many: true }],
  options: {
    rules: { type: "string", value: "DIR", repeatable: true, summary: "a directory of rules, or one file; repeatable" },
    routing: { type: "boolean", summary: "ask a rule only about its own log source" },
    format: { type: "string", value: "FORMAT", summary: "text or json (text)" },
  },
  examples: [
    "firebreak detect events.ndjson --rules ./rules",
    "zcat audit.log.gz | firebreak detect --rules ./rules --format json -",
  ],
  exits: ALWAYS,
  run: async (context) => {
    const { args, output } = context;
    const format = args.text("format") ?? (output.json ? "json" : "text");
    if (format !== "text" && format !== "json") throw usageError(detectCommand, "--format takes text or json.");
    const engine = await loadEngine(context);
    const { LATENESS_MS, presentRecord, readRecordTime } = await import("../../detection/index.ts");
    const routing = args.flag("routing");
    let newestMs = 0;
    const judge = (record: Readonly<Record<string, unknown>>, id: string): Match[] => {
      const time = readRecordTime(record) ?? 0;
      newestMs = Math.max(newestMs, time);
      const missing = newestMs === 0 ? [] : engine.advance(newestMs - LATENESS_MS);
      return [...missing, ...engine.evaluate(presentRecord(record, { routing }), { time, id })];
    };
    const print = format === "json" ? printJson : printText;
    const totals = { events: 0, matches: 0, faults: 0 };
    let last: Reading | undefined;
    for (const file of args.positionals) {
      const reading: Reading = { context, file, judge, print, position: 0, totals };
      await readFileRecords(file, process.stdin, (records) => judgeRecords(reading, records));
      last = reading;
    }
    const missing = last === undefined ? "" : describeMatches(last, last.position - 1, engine.advance(newestMs));
    if (missing !== "") output.raw(missing);
    const { events, matches, faults } = totals;
    if (format === "text") output.note(`${events} event(s), ${matches} match(es), ${faults} fault(s).`);
    return faults === 0 ? EXIT.ok : EXIT.failed;
  },
};

/** @throws OperatorError when no rule could be loaded */
async function loadEngine(context: CommandContext): Promise<Engine> {
  const { args, workingDirectory } = context;
  const { loadRules } = await import("../../detection/index.ts");
  const named = args.texts("rules");
  if (named.length === 0) throw usageError(detectCommand, "--rules DIR is missing.");
  const places = named.map((one) => path.resolve(workingDirectory, one));
  const missing = named.find((_, index) => !existsSync(places[index] ?? ""));
  if (missing !== undefined) {
    throw new OperatorError(`There is no ${printable(missing)}.`, "Name a directory of Sigma rules with --rules.");
  }
  const { ruleset, errors } = await loadRules(places, { placeholders: await profilePlaceholders(context.config) });
  for (const { file, line, column, message, remedy } of errors) {
    tell(context, `${path.relative(workingDirectory, file)}:${line}:${column} ${message}; ${remedy}`);
  }
  if (ruleset.rules.length === 0) {
    throw new OperatorError("No rule could be loaded.", "Name a directory that holds Sigma rules with --rules.");
  }
  return ruleset.createEngine({ logsourceRouting: args.flag("routing") });
}

interface Reading {
  readonly context: CommandContext;
  readonly file: string;
  readonly judge: (record: Readonly<Record<string, unknown>>, id: string) => Match[];
  readonly print: (found: Found) => string;
  /** of the next object in the file, broken ones counted too */
  position: number;
  readonly totals: { events: number; matches: number; faults: number };
}

interface Found {
  readonly file: string;
  readonly index: number;
  readonly match: Match;
}

/** What is wrong stands on standard error, never among the matches. */
function tell({ output, logger }: CommandContext, text: string): void {
  if (output.json) logger.warn(text);
  else output.note(printable(text));
}

function judgeRecords(reading: Reading, records: readonly FileRecord[]): void {
  const { context, file, judge, totals } = reading;
  let printed = "";
  for (const record of records) {
    const index = reading.position++;
    if ("fault" in record) {
      totals.faults += 1;
      tell(context, `${file}:${record.line} ${record.fault}`);
      continue;
    }
    totals.events += 1;
    printed += describeMatches(reading, index, judge(record.value, String(index)));
  }
  if (printed !== "") context.output.raw(printed);
}

function describeMatches({ file, print, totals }: Reading, index: number, matches: readonly Match[]): string {
  totals.matches += matches.length;
  return matches.map((match) => print({ file, index, match })).join("");
}

function printJson({ file, index, match: { ruleId, title, level } }: Found): string {
  return `${JSON.stringify({ file, index, ruleId, title, level })}\n`;
}

function printText({ file, index, match }: Found): string {
  return `${printable(file)}[${index}] ${printable(match.sentence)}\n`;
}
