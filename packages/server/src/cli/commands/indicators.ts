import { readFile } from "node:fs/promises";
import { indicatorEffect, indicatorReceipt, indicatorType, indicatorView, pageOf, severity } from "@firebreak/protocol";
import type { IndicatorReceipt, IndicatorView } from "@firebreak/protocol";
import type { z } from "zod";
import { OperatorError, messageOf, toIso } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, Option } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { formatOf, splitContent } from "../indicator-files.ts";
import { printable } from "../printable.ts";

const DAY_MS = 86_400_000;
const DAYS = { min: 1, max: 3650 };
const LIMIT = { min: 1, max: 500 };
const REJECTED_SHOWN_MAX = 20;

const SHARED: Readonly<Record<string, Option>> = {
  source: { type: "string", value: "NAME", summary: "the list or person they come from" },
  severity: { type: "string", value: "1-4", summary: "how grave an alert is, 1 is critical (2)" },
  days: { type: "string", value: "N", summary: "expires after N days, unless the list says when; without it never" },
  note: { type: "string", value: "TEXT", summary: "what is known about them" },
  allow: { type: "boolean", summary: "never report these: own addresses, whatever lists say" },
};

const add: Command = {
  name: "indicators add",
  summary: "report these addresses, names and hashes from now on",
  description: [
    "IP addresses and networks, domains (with all below them), URLs, e-mail addresses, MD5, SHA-1, SHA-256 and SHA-512 " +
      "hashes, file names. The type is told from the form; written so that nobody clicks on them (hxxp, [.]) is fine. " +
      "What is known already is renewed. An event that has to do with one makes an alert, on every node within seconds.",
  ],
  positionals: [{ name: "VALUE", summary: "an indicator", many: true }],
  options: {
    type: { type: "string", value: "TYPE", summary: `${indicatorType.options.join(", ")}; else told from the form` },
    ...SHARED,
  },
  examples: [
    "firebreak indicators add 203.0.113.7 evil.example --source abuse-desk --days 30",
    "firebreak indicators add --type file_name mimikatz.exe --severity 1",
    "firebreak indicators add --allow example.org 198.51.100.0/24",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { args } = context;
    if (args.positionals.length === 0) throw usageError(add, "Name at least one indicator.");
    const type = readChoice(add, "type", indicatorType, args.text("type"));
    const request = { ...readShared(context), values: args.positionals, ...(type === undefined ? {} : { type }) };
    return tell(context, await context.client.post(indicatorReceipt, "/indicators", request));
  },
};

const importCommand: Command = {
  name: "indicators import",
  summary: "read a list of indicators from a file",
  description: [
    "Text has one a line, # begins a remark. CSV has a heading with value (or indicator, ioc) and, if there, type, " +
      "source, description, severity, expires. STIX 2.1 is a bundle; patterns that compare single values are read. What is " +
      "good is taken, each value that is not is named.",
  ],
  positionals: [{ name: "FILE", summary: "the list" }],
  options: {
    format: { type: "string", value: "FORMAT", summary: "text, csv or stix; else by the file's ending" },
    ...SHARED,
  },
  examples: [
    "firebreak indicators import feed.txt --source feed --days 14",
    "firebreak indicators import bundle.json --format stix --source partner",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { args, client } = context;
    const file = args.positional(0) ?? "";
    const content = await readFile(file, "utf8").catch((fault: unknown) => {
      throw new OperatorError(
        `${printable(file)} cannot be read: ${messageOf(fault)}.`,
        "Name a file that you may read.",
      );
    });
    const format = formatOf(file, args.text("format"));
    if (format === undefined) throw usageError(importCommand, "--format is text, csv or stix.");
    const shared = readShared(context);
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
    return tell(context, total);
  },
};

function readShared({ args, clock, userName }: CommandContext) {
  const days = args.count("days", DAYS);
  const grade = args.count("severity", { min: 1, max: 4 });
  const note = args.text("note");
  return {
    source: args.text("source") ?? userName,
    effect: args.flag("allow") ? ("allow" as const) : ("match" as const),
    ...(grade === undefined ? {} : { severity: severity.parse(grade) }),
    ...(days === undefined ? {} : { expiresAt: toIso(clock.now() + days * DAY_MS) }),
    ...(note === undefined ? {} : { description: note }),
  };
}

function readChoice<T extends string>(
  command: Command,
  name: string,
  choices: z.ZodType<T> & { readonly options: readonly T[] },
  text: string | undefined,
): T | undefined {
  if (text === undefined) return undefined;
  const parsed = choices.safeParse(text);
  if (parsed.success) return parsed.data;
  throw usageError(command, `--${name} is one of ${choices.options.join(", ")}.`);
}

/** @returns the exit code: a list of which nothing could be taken failed */
function tell({ output }: CommandContext, receipt: IndicatorReceipt): number {
  output.result(receipt);
  output.line(`${receipt.added} added, ${receipt.renewed} renewed, ${receipt.rejectedTotal} refused.`);
  for (const { place, message } of receipt.rejected.slice(0, REJECTED_SHOWN_MAX)) {
    output.note(`${printable(place)}: ${printable(message)}`);
  }
  const hidden = receipt.rejectedTotal - Math.min(receipt.rejected.length, REJECTED_SHOWN_MAX);
  if (hidden > 0) output.note(`and ${hidden} more.`);
  return receipt.added + receipt.renewed === 0 && receipt.rejectedTotal > 0 ? EXIT.failed : EXIT.ok;
}

const list: Command = {
  name: "indicators list",
  summary: "what is reported and what is allowed, newest first",
  options: {
    type: { type: "string", value: "TYPE", summary: `only of one type: ${indicatorType.options.join(", ")}` },
    effect: { type: "string", value: "EFFECT", summary: "only match or allow" },
    source: { type: "string", value: "NAME", summary: "only from one list or person" },
    limit: { type: "string", value: "N", summary: "how many (50)" },
  },
  examples: ["firebreak indicators list", "firebreak indicators list --type domain --source feed --json"],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { client, output, args } = context;
    const query = new URLSearchParams({ limit: String(args.count("limit", LIMIT) ?? 50) });
    const type = readChoice(list, "type", indicatorType, args.text("type"));
    const effect = readChoice(list, "effect", indicatorEffect, args.text("effect"));
    for (const [name, value] of Object.entries({ type, effect, source: args.text("source") })) {
      if (value !== undefined) query.set(name, value);
    }
    const page = await client.get(pageOf(indicatorView), `/indicators?${query.toString()}`);
    output.result(page);
    if (page.items.length === 0) output.line("No indicator. Add one with: firebreak indicators add VALUE");
    else output.table(["ID", "EFFECT", "TYPE", "VALUE", "SOURCE", "EXPIRES (UTC)"], page.items.map(rowOf));
    if (page.next !== null) output.note("There are more; --limit shows up to 500.");
    return EXIT.ok;
  },
};

function rowOf({ id, effect, type, value, source, expiresAt }: IndicatorView): string[] {
  return [id, effect, type, printable(value), printable(source), expiresAt === null ? "never" : timeText(expiresAt)];
}

const remove: Command = {
  name: "indicators remove",
  summary: "take indicators off the list",
  description: ["By their ids or values. Alerts that they made stay."],
  positionals: [{ name: "INDICATOR", summary: "an id from `firebreak indicators list`, or a value", many: true }],
  examples: ["firebreak indicators remove evil.example", "firebreak indicators remove ind_01…"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    if (args.positionals.length === 0) throw usageError(remove, "Name at least one indicator.");
    const removed: string[] = [];
    for (const name of args.positionals) {
      const found = name.startsWith("ind_")
        ? [name]
        : (await client.get(pageOf(indicatorView), `/indicators?value=${encodeURIComponent(name)}`)).items.map(
            ({ id }) => id,
          );
      if (found.length === 0) {
        throw new OperatorError(`There is no indicator ${printable(name)}.`, "See: firebreak indicators list", {
          exitCode: EXIT.notFound,
        });
      }
      for (const id of found) await client.delete(`/indicators/${encodeURIComponent(id)}`);
      removed.push(...found);
      output.line(`Removed ${printable(name)}.`);
    }
    output.result({ removed });
    return EXIT.ok;
  },
};

export const indicatorsCommands: readonly Command[] = [add, importCommand, list, remove];
