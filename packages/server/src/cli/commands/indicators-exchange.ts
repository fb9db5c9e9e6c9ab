import { createWriteStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  extractedIndicators,
  indicatorExportFormat,
  indicatorReceipt,
  indicatorType,
  tlpLevel,
} from "@firebreak/protocol";
import type { ExtractedIndicators, IndicatorReceipt } from "@firebreak/protocol";
import { extractIndicators } from "../../indicators/index.ts";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { formatOf, splitContent } from "../indicator-files.ts";
import { INDICATOR_OPTIONS, readChoice, readIndicatorOptions, tellReceipt } from "../indicator-options.ts";
import { printable } from "../printable.ts";

const FILE_BYTES_MAX = 256 * 1024 * 1024;
const VALUES_PER_REQUEST = 1_000;

const importCommand: Command = {
  name: "indicators import",
  summary: "read a list of indicators from a file",
  description: [
    "Text has one a line, # begins a remark. CSV has a heading with value (or indicator, ioc) and, if there, type, " +
      "source, description, severity, expires, confidence, tlp. STIX 2.1 is a bundle; patterns that compare single values are read. " +
      "MISP is its JSON: attributes that are meant for detection. What is good is taken, each value that is not is named.",
  ],
  positionals: [{ name: "FILE", summary: "the list" }],
  options: {
    format: { type: "string", value: "FORMAT", summary: "text, csv, stix or misp; else by the file itself" },
    ...INDICATOR_OPTIONS,
  },
  examples: [
    "firebreak indicators import feed.txt --source feed --days 14",
    "firebreak indicators import bundle.json --source partner",
    "firebreak indicators import event.json --format misp --source circl --tlp amber",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { args, client } = context;
    const file = args.positional(0) ?? "";
    const content = await readInput(context, file);
    const format = formatOf(file, args.text("format"), content);
    if (format === undefined) throw usageError(importCommand, "--format is text, csv, stix or misp.");
    const shared = readIndicatorOptions(importCommand, context);
    const total: IndicatorReceipt = { added: 0, renewed: 0, rejected: [], rejectedTotal: 0 };
    for (const part of splitContent(format, content)) {
      const receipt = await client.post(indicatorReceipt, "/indicators/import", {
        ...shared,
        format,
        content: part.content,
      });
      total.added += receipt.added;
      total.renewed += receipt.renewed;
      total.rejectedTotal += receipt.rejectedTotal;
      total.rejected.push(...receipt.rejected.map((one) => ({ ...one, place: part.placeOf(one.place) })));
    }
    return tellReceipt(context, total);
  },
};

async function readInput({ workingDirectory }: CommandContext, name: string): Promise<string> {
  const file = path.resolve(workingDirectory, name);
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes, more than ${FILE_BYTES_MAX}: split it`);
    return await readFile(file, "utf8");
  } catch (fault) {
    throw new OperatorError(
      `${printable(name)} cannot be read: ${messageOf(fault)}.`,
      "Name a file that you may read.",
    );
  }
}

const exportCommand: Command = {
  name: "indicators export",
  summary: "the indicators in force as a file: STIX 2.1, CSV or text",
  description: [
    "Ids of STIX are made of type and value: the same indicator has the same id in every export. What is allowed and what has expired stays out. " +
      "Who exported what is in the audit log. CSV and STIX are read again by import; text has the values alone.",
    "With --tlp LEVEL what is marked more strictly stays out.",
  ],
  options: {
    format: { type: "string", value: "FORMAT", summary: `${indicatorExportFormat.options.join(", ")} (stix)` },
    out: { type: "string", value: "FILE", summary: "a file that does not exist yet; without it to the terminal" },
    type: { type: "string", value: "TYPE", summary: "only of one type" },
    source: { type: "string", value: "NAME", summary: "only from one list or person" },
    tlp: { type: "string", value: "LEVEL", summary: "the strictest that goes along" },
  },
  examples: [
    "firebreak indicators export --tlp green --out share.json",
    "firebreak indicators export --format csv --source feed --out feed.csv",
  ],
  exits: ASKS_SERVER,
  run: async ({ client, args, output, workingDirectory }) => {
    const query = new URLSearchParams({
      format: readChoice(exportCommand, "format", indicatorExportFormat, args.text("format")) ?? "stix",
    });
    const type = readChoice(exportCommand, "type", indicatorType, args.text("type"));
    const tlp = readChoice(exportCommand, "tlp", tlpLevel, args.text("tlp"));
    for (const [name, value] of Object.entries({ type, tlp, source: args.text("source") })) {
      if (value !== undefined) query.set(name, value);
    }
    const out = args.text("out");
    const content = await client.download(`/indicators/export?${query.toString()}`);
    if (out === undefined) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      output.result({ format: query.get("format"), content: text });
      output.line(printableLines(text));
      return EXIT.ok;
    }
    try {
      const file = createWriteStream(path.resolve(workingDirectory, out), { flags: "wx", mode: 0o600 });
      await pipeline(Readable.from(content), file);
    } catch (fault) {
      throw new OperatorError(
        `${printable(out)} cannot be written: ${messageOf(fault)}.`,
        "Name a file that does not exist yet.",
      );
    }
    output.result({ format: query.get("format"), file: out });
    output.line(`Written to ${printable(out)}.`);
    return EXIT.ok;
  },
};

function printableLines(text: string): string {
  return text.trimEnd().split("\n").map(printable).join("\n");
}

const extract: Command = {
  name: "indicators extract",
  summary: "what in a report or mail could be an indicator",
  description: [
    "Reads text: addresses, networks, domains, URLs, hashes, e-mail addresses, wallets, names of programs and documents, also written so that " +
      "nobody clicks on them (hxxp, [.]). Needs no server unless --add puts what was written like that on the list; --all adds everything.",
  ],
  positionals: [{ name: "FILE", summary: "a text" }],
  options: {
    add: { type: "boolean", summary: "put what was written so that nobody clicks on it on the list" },
    all: { type: "boolean", summary: "with --add: everything that was found" },
    ...INDICATOR_OPTIONS,
  },
  examples: [
    "firebreak indicators extract report.txt",
    "firebreak indicators extract report.txt --add --source vendor",
  ],
  exits: [...ALWAYS, "serverDown", "denied"],
  run: async (context) => {
    const { args, output, client } = context;
    const found = extractedIndicators.parse(
      extractIndicators({ content: await readInput(context, args.positional(0) ?? "") }),
    );
    if (!args.flag("add")) return showExtracted(context, found);
    const shared = readIndicatorOptions(extract, context);
    const chosen = found.items.filter(({ defanged }) => defanged || args.flag("all"));
    const total: IndicatorReceipt = { added: 0, renewed: 0, rejected: [], rejectedTotal: 0 };
    for (const type of indicatorType.options) {
      const items = chosen.filter((item) => item.type === type);
      for (let from = 0; from < items.length; from += VALUES_PER_REQUEST) {
        const values = items.slice(from, from + VALUES_PER_REQUEST).map(({ value }) => value);
        addReceipt(total, await client.post(indicatorReceipt, "/indicators", { ...shared, type, values }));
      }
    }
    const left = found.items.length - chosen.length;
    if (left > 0) output.note(`${left} that stand there plainly were left out; --all adds them too.`);
    return tellReceipt(context, total);
  },
};

function addReceipt(total: IndicatorReceipt, receipt: IndicatorReceipt): void {
  total.added += receipt.added;
  total.renewed += receipt.renewed;
  total.rejectedTotal += receipt.rejectedTotal;
  total.rejected.push(...receipt.rejected);
}

function showExtracted({ output }: CommandContext, found: ExtractedIndicators): number {
  output.result(found);
  if (found.items.length === 0) output.line("Nothing in it could be an indicator.");
  else {
    output.table(
      ["TYPE", "VALUE", "TIMES", "LINE", "DEFANGED"],
      found.items.map(({ type, value, count, line, defanged }) => [
        type,
        printable(value),
        String(count),
        String(line),
        defanged ? "yes" : "no",
      ]),
    );
  }
  if (found.truncated) output.note("There is more in it than is told.");
  return EXIT.ok;
}

export const indicatorExchangeCommands: readonly Command[] = [importCommand, exportCommand, extract];
