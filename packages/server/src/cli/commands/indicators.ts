import {
  indicatorEffect,
  indicatorReceipt,
  indicatorRemovalPreview,
  indicatorType,
  indicatorView,
  pageOf,
} from "@firebreak/protocol";
import type { IndicatorRemovalPreview, IndicatorView } from "@firebreak/protocol";
import { OperatorError } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { ApiClient } from "../client.ts";
import type { Command } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { INDICATOR_OPTIONS, readChoice, readIndicatorOptions, tellReceipt } from "../indicator-options.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";
import { indicatorExchangeCommands } from "./indicators-exchange.ts";
import { indicatorScanCommands } from "./indicators-scan.ts";

const LIMIT = { min: 1, max: 500 };

const add: Command = {
  name: "indicators add",
  summary: "report these addresses, names and hashes from now on",
  description: [
    "IP addresses and networks, domains (with all below them), URLs, e-mail addresses, MD5, SHA-1, SHA-256 and SHA-512 " +
      "hashes, wallets, file names, paths and RE2 patterns. The type is told from the form, but for names, paths, patterns and addresses of Solana; written so that nobody clicks on them (hxxp, [.]) is fine. " +
      "What is known already is renewed. An event that has to do with one makes an alert, on every node within seconds.",
  ],
  positionals: [{ name: "VALUE", summary: "an indicator", many: true }],
  options: {
    type: { type: "string", value: "TYPE", summary: `${indicatorType.options.join(", ")}; else told from the form` },
    ...INDICATOR_OPTIONS,
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
    const request = {
      ...readIndicatorOptions(add, context),
      values: args.positionals,
      ...(type === undefined ? {} : { type }),
    };
    return tellReceipt(context, await context.client.post(indicatorReceipt, "/indicators", request));
  },
};

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
  description: [
    "By their ids or values. Alerts that they made stay. --preview says what they reported, and of an exception what it keeps silent.",
  ],
  positionals: [{ name: "INDICATOR", summary: "an id from `firebreak indicators list`, or a value", many: true }],
  options: { preview: { type: "boolean", summary: "say what it would touch; change nothing" } },
  examples: [
    "firebreak indicators remove evil.example",
    "firebreak indicators remove example.org --preview",
    "firebreak indicators remove ind_01…",
  ],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    if (args.positionals.length === 0) throw usageError(remove, "Name at least one indicator.");
    const removed: string[] = [];
    const previews: IndicatorRemovalPreview[] = [];
    for (const name of args.positionals) {
      const found = await idsOf(client, name);
      if (args.flag("preview")) {
        for (const id of found) {
          const preview = await client.get(indicatorRemovalPreview, `/indicators/${encodeURIComponent(id)}/removal`);
          previews.push(preview);
          tellRemoval(preview, output);
        }
        continue;
      }
      for (const id of found) await client.delete(`/indicators/${encodeURIComponent(id)}`);
      removed.push(...found);
      output.line(`Removed ${printable(name)}.`);
    }
    output.result(args.flag("preview") ? { previews } : { removed });
    return EXIT.ok;
  },
};

async function idsOf(client: ApiClient, name: string): Promise<string[]> {
  if (name.startsWith("ind_")) return [name];
  const { items } = await client.get(pageOf(indicatorView), `/indicators?value=${encodeURIComponent(name)}`);
  if (items.length > 0) return items.map(({ id }) => id);
  throw new OperatorError(`There is no indicator ${printable(name)}.`, "See: firebreak indicators list", {
    exitCode: EXIT.notFound,
  });
}

function tellRemoval(preview: IndicatorRemovalPreview, { line }: Output): void {
  const { indicator, alerts, openAlerts, lastMetAt, reportedAgain, reportedAgainTotal } = preview;
  const name = `${indicator.type} ${printable(indicator.value)}, from ${printable(indicator.source)}`;
  if (indicator.effect === "match") {
    line(`${name}: not reported any more.`);
    const last = lastMetAt === null ? "it was never met" : `last met ${timeText(lastMetAt)}`;
    line(`  ${alerts} alerts of it stay, ${openAlerts} of them open; ${last}.`);
    return;
  }
  line(`${name}: no exception any more; ${reportedAgainTotal} listed indicators may be reported again.`);
  for (const one of reportedAgain) line(`  ${one.type} ${printable(one.value)}, severity ${one.severity}`);
}

export const indicatorsCommands: readonly Command[] = [
  add,
  ...indicatorExchangeCommands,
  ...indicatorScanCommands,
  list,
  remove,
];
