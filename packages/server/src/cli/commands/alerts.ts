import { alertView, explainDecision, pageOf } from "@firebreak/protocol";
import type { AlertView } from "@firebreak/protocol";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { severityText, timeText } from "../format.ts";
import { printable } from "../printable.ts";

const ALERT = { name: "ALERT", summary: "the alert's id, alr_…" } as const;
const EXITS = [...ASKS_SERVER, "notFound"] as const;
const LIMIT = { min: 1, max: 500 };

function pathOf({ args }: CommandContext, tail = ""): string {
  return `/alerts/${encodeURIComponent(args.positional(0) ?? "")}${tail}`;
}

const list: Command = {
  name: "alerts list",
  summary: "open alerts, newest first, with what became of each",
  options: {
    all: { type: "boolean", summary: "resolved ones too" },
    held: { type: "boolean", summary: "only what a silence, a window, a route or another alert holds back" },
    source: { type: "string", value: "NAME", summary: "only of one source; rules are the source detection" },
    match: {
      type: "string",
      value: "MATCHERS",
      summary: 'only with these labels, for example team="db", host=~"web-.*"',
    },
    limit: { type: "string", value: "N", summary: "no more than N (50)" },
  },
  examples: [
    "firebreak alerts list",
    `firebreak alerts list --held --match 'team="db"'`,
    "firebreak alerts list --all --json",
  ],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const query = new URLSearchParams({ limit: String(args.count("limit", LIMIT) ?? 50) });
    if (!args.flag("all")) query.set("status", "open");
    if (args.flag("held")) query.set("disposition", "held");
    for (const name of ["source", "match"]) {
      const value = args.text(name);
      if (value !== undefined) query.set(name, value);
    }
    const page = await client.get(pageOf(alertView), `/alerts?${query.toString()}`);
    output.result(page);
    if (page.items.length === 0) output.line("No such alert.");
    else {
      output.table(
        ["ID", "SEVERITY", "STATUS", "SOURCE", "BECAME", "TITLE"],
        page.items.map((alert) => [
          alert.id,
          severityText(alert.severityLabel, alert.severity),
          statusOf(alert),
          printable(alert.source),
          becameOf(alert),
          printable(alert.title),
        ]),
      );
    }
    if (page.next !== null) output.line("There are more; narrow it by --match, or raise --limit.");
    return EXIT.ok;
  },
};

function statusOf(alert: AlertView): string {
  if (alert.status === "resolved") return "resolved";
  if (alert.staleSince !== null) return "stale";
  return alert.acknowledgedAt === null ? "open" : "in hand";
}

function becameOf({ disposition, incidentId, decision }: AlertView): string {
  const last = decision.at(-1);
  switch (disposition) {
    case "incident":
      return incidentId ?? "-";
    case "held":
      return last === undefined ? "held" : `${last.reason} ${printable(last.by ?? "")}`.trim();
    case "undecided":
      return "-";
    default:
      return disposition satisfies never;
  }
}

const show: Command = {
  name: "alerts show",
  summary: "one alert: its labels, and what each stage decided",
  positionals: [ALERT],
  examples: ["firebreak alerts show alr_01KDY8M3T0XV5C8QJ2N4R6W9ZB"],
  exits: EXITS,
  run: async (context) => {
    const alert = await context.client.get(alertView, pathOf(context));
    context.output.result(alert);
    printAlert(context, alert);
    return EXIT.ok;
  },
};

function printAlert({ output }: CommandContext, alert: AlertView): void {
  const { style } = output;
  output.line(style.bold(`${alert.id}  ${printable(alert.title)}`));
  output.line(
    `${severityText(alert.severityLabel, alert.severity)}, ${statusOf(alert)}, incident ${alert.incidentId ?? "-"}`,
  );
  output.line(printable(alert.sentence));
  output.line(
    `From ${printable(alert.source)} (${alert.kind}); heard ${alert.occurrences} time(s), ` +
      `first ${timeText(alert.firstEventAt)}, last ${timeText(alert.lastEventAt)} UTC`,
  );
  if (alert.staleSince !== null) output.line(style.red(`Not heard again since ${timeText(alert.staleSince)} UTC`));
  if (alert.acknowledgedBy !== null) output.line(`In the hands of ${printable(alert.acknowledgedBy.name)}`);
  if (alert.resolution !== null) output.line(`Resolved: ${alert.resolution}`);
  for (const note of alert.notes) output.line(`Note: ${printable(note)}`);
  output.line();
  output.table(
    ["LABEL", "VALUE"],
    Object.entries(alert.labels).map(([name, value]) => [printable(name), printable(value)]),
  );
  output.line();
  output.table(
    ["STAGE", "DECIDED"],
    alert.decision.map((decision) => [
      decision.stage,
      printable(explainDecision(decision, (iso) => `${timeText(iso)} UTC`)),
    ]),
  );
}

const acknowledge: Command = {
  name: "alerts ack",
  summary: "say that you have the alert in hand",
  description: ["The incident it belongs to is acknowledged apart from it: firebreak incident ack."],
  positionals: [ALERT],
  examples: ["firebreak alerts ack alr_01KDY8M3T0XV5C8QJ2N4R6W9ZB"],
  exits: EXITS,
  run: async (context) => {
    const alert = await context.client.post(alertView, pathOf(context, "/acknowledge"), {});
    context.output.result(alert);
    context.output.line(`${alert.id} is in the hands of ${printable(alert.acknowledgedBy?.name ?? "nobody")}.`);
    return EXIT.ok;
  },
};

const resolve: Command = {
  name: "alerts resolve",
  summary: "say that it is over; its incident stays what it is",
  positionals: [ALERT],
  options: { reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" } },
  examples: ['firebreak alerts resolve alr_01KDY8M3T0XV5C8QJ2N4R6W9ZB --reason "the disk was replaced"'],
  exits: EXITS,
  run: async (context) => {
    const body = { reason: context.args.requiredText("reason", 3) };
    const alert = await context.client.post(alertView, pathOf(context, "/resolve"), body);
    context.output.result(alert);
    context.output.line(`${alert.id} is resolved.`);
    return EXIT.ok;
  },
};

export const alertCommands: readonly Command[] = [list, show, acknowledge, resolve];
