import {
  changeView,
  newSourceView,
  pageOf,
  refusalView,
  SOURCE_KINDS,
  sourceDetail,
  sourceKind,
  sourceTestView,
  sourceView,
} from "@firebreak/protocol";
import type { NewSourceView, SourceView } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { durationText, timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readDocument, readSeverity, readStale, SEVERITY_OPTION } from "../source-options.ts";
import { sourceChangeCommands } from "./source-change.ts";

const NAME = { name: "NAME", summary: "the source's name" } as const;

const add: Command = {
  name: "source add",
  summary: "let a sender in: its key and the lines for its configuration",
  description: [
    "A source is a sender that exists already: Alertmanager or Prometheus, whatever speaks the PagerDuty Events API or the " +
      "Opsgenie Alert API, Grafana, CloudEvents, or a webhook of your own format. The key is shown once. " +
      "`docs/senders.md` tells the rest.",
    "A severity that is not known is read as `error` and marked; with --strict the message is refused instead. " +
      "--severity names words of the sender's own.",
    "--template FILE (YAML or JSON) says how bodies of your own format become alerts. --signature takes a scheme " +
      "(firebreak, github, grafana, grafana-timestamp, slack, standard) instead of the key; the secret is the environment " +
      "variable of the name given with --secret, or the file of that name in the folder `secrets` of the home.",
  ],
  positionals: [{ name: "NAME", summary: "what you call it: small letters, digits and . _ -" }],
  options: {
    kind: { type: "string", value: "KIND", summary: SOURCE_KINDS.join(", ") },
    strict: { type: "boolean", summary: "refuse messages with a severity that is not known" },
    "stale-after": {
      type: "string",
      value: "TIME",
      summary: "an alert not heard for so long is marked stale: 30m, 5h, 2d, or never",
    },
    severity: SEVERITY_OPTION,
    template: { type: "string", value: "FILE", summary: "how bodies become alerts (webhook, cloudevents)" },
    signature: { type: "string", value: "SCHEME", summary: "bodies are signed; the key is not needed then" },
    secret: { type: "string", value: "NAME", summary: "the name of the signature's secret" },
  },
  examples: [
    "firebreak source add prometheus --kind alertmanager",
    "firebreak source add backups --kind pagerduty --strict",
    "firebreak source add ci --kind webhook --template ci.yaml --signature github --secret CI_WEBHOOK_SECRET",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const made = await context.client.post(newSourceView, "/sources", readRequest(context));
    printKey(context, made);
    return EXIT.ok;
  },
};

function printKey({ output }: CommandContext, { source, key, setup }: NewSourceView): void {
  output.result({ source, key, setup });
  if (output.json) return;
  output.note(`Source ${source.name} (${source.kind}). Its key is shown only now; keep it secret:`);
  output.raw(`${key}\n\n${setup}\n`);
}

function readRequest({ args }: CommandContext) {
  const kind = sourceKind.safeParse(args.requiredText("kind"));
  if (!kind.success) throw usageError(add, `--kind is one of ${SOURCE_KINDS.join(", ")}.`);
  const stale = args.text("stale-after");
  const [template, signature] = [args.text("template"), args.text("signature")];
  return {
    name: args.positional(0),
    kind: kind.data,
    strict: args.flag("strict"),
    severities: Object.fromEntries(args.texts("severity").map((word) => readSeverity(add, word))),
    ...(stale === undefined ? {} : { staleAfterMs: readStale(add, stale) }),
    ...(template === undefined ? {} : { template: readDocument(template) }),
    ...(signature === undefined ? {} : { signature: { preset: signature, secret: args.requiredText("secret") } }),
  };
}

function heardText(source: SourceView): string {
  return source.lastHeardAt === null ? "never" : timeText(source.lastHeardAt);
}

const list: Command = {
  name: "source list",
  summary: "senders that are let in, and how they fare",
  examples: ["firebreak source list"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(sourceView), "/sources");
    output.result(page);
    if (page.items.length === 0) output.line("No source yet. Let one in with: firebreak source add NAME --kind KIND");
    else {
      output.table(
        ["NAME", "KIND", "LAST HEARD (UTC)", "ACCEPTED", "REFUSED"],
        page.items.map((one) => [one.name, one.kind, heardText(one), String(one.accepted), String(one.refused)]),
      );
    }
    return EXIT.ok;
  },
};

const show: Command = {
  name: "source show",
  summary: "one sender: its health, refusals and configuration lines",
  positionals: [NAME],
  examples: ["firebreak source show prometheus"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const shown = await client.get(sourceDetail, `/sources/${encodeURIComponent(args.positional(0) ?? "")}`);
    output.result(shown);
    if (output.json) return EXIT.ok;
    const { source, refusals, setup } = shown;
    const stale = source.staleAfterMs === null ? "never" : `after ${durationText(source.staleAfterMs)} of silence`;
    output.line(`${source.name}  ${source.kind}${source.strict ? "  strict" : ""}`);
    output.line(`Last heard: ${heardText(source)}; ${source.accepted} accepted, ${source.refused} refused`);
    output.line(`Alerts are stale: ${stale}`);
    if (source.previousKeyUntil !== null)
      output.line(`The previous key works until ${timeText(source.previousKeyUntil)}`);
    if (source.previousNameUntil !== null && source.previousName !== null)
      output.line(`Its address as ${printable(source.previousName)} works until ${timeText(source.previousNameUntil)}`);
    if (source.previousSignatureUntil !== null)
      output.line(`What is proved as before is taken until ${timeText(source.previousSignatureUntil)}`);
    for (const refusal of refusals)
      output.line(
        output.style.yellow(`  ${timeText(refusal.at)}  ${printable(refusal.reason)}  ${printable(refusal.summary)}`),
      );
    output.raw(`\n${setup}\n`);
    return EXIT.ok;
  },
};

const HOURS = { min: 0, max: 720 };

const rotate: Command = {
  name: "source rotate",
  summary: "give a sender a new key; the old one works for a day more",
  positionals: [NAME],
  options: {
    overlap: { type: "string", value: "HOURS", summary: "how long the old key works (24); 0 ends it at once" },
  },
  examples: ["firebreak source rotate prometheus", "firebreak source rotate prometheus --overlap 0"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { client, args } = context;
    const overlapHours = args.count("overlap", HOURS);
    const name = encodeURIComponent(args.positional(0) ?? "");
    const body = overlapHours === undefined ? {} : { overlapHours };
    printKey(context, await client.post(newSourceView, `/sources/${name}/rotate`, body));
    return EXIT.ok;
  },
};

const remove: Command = {
  name: "source remove",
  summary: "let a sender in no more; its alerts stay",
  positionals: [NAME],
  examples: ["firebreak source remove prometheus"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const name = args.positional(0) ?? "";
    await client.delete(`/sources/${encodeURIComponent(name)}`);
    output.result({ removed: name });
    output.line(`${printable(name)} is let in no more.`);
    return EXIT.ok;
  },
};

const test: Command = {
  name: "source test",
  summary: "what a body would become; nothing is kept",
  description: [
    "For trying a template out, and for a message that was refused. Ends with 1 when the body would be refused.",
  ],
  positionals: [NAME, { name: "FILE", summary: "a body as the sender sends it (JSON); - is standard input" }],
  examples: ["firebreak source test ci build-failed.json"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const body = readDocument(args.positional(1) ?? "-");
    const name = encodeURIComponent(args.positional(0) ?? "");
    const result = await client.post(sourceTestView, `/sources/${name}/test`, { body });
    output.result(result);
    for (const alert of result.alerts) {
      output.line(`${alert.action}  severity ${alert.severity}  ${printable(alert.key)}  ${printable(alert.title)}`);
      const labels = Object.entries(alert.labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
      if (labels.length > 0) output.line(`  ${printable(labels.join(" "))}`);
      for (const note of alert.notes) output.line(output.style.yellow(`  ${printable(note)}`));
    }
    for (const error of result.errors) output.line(output.style.red(`refused: ${printable(error)}`));
    return result.errors.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

const refusals: Command = {
  name: "source refusals",
  summary: "messages that were refused, of every sender and of none",
  description: ["A message whose key belongs to no source stands here too: that is how a mistyped key is found."],
  options: { source: { type: "string", value: "NAME", summary: "of one source" } },
  examples: ["firebreak source refusals"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const source = args.text("source");
    const query = source === undefined ? "" : `&source=${encodeURIComponent(source)}`;
    const page = await client.get(pageOf(refusalView), `/refusals?limit=100${query}`);
    output.result(page);
    if (page.items.length === 0) output.line("Nothing was refused.");
    else {
      output.table(
        ["TIME (UTC)", "SOURCE", "WHERE", "WHY", "ABOUT"],
        page.items.map((one) =>
          [timeText(one.at), one.source ?? "-", one.endpoint, one.reason, one.summary].map((text) => printable(text)),
        ),
      );
    }
    return EXIT.ok;
  },
};

const changes: Command = {
  name: "source changes",
  summary: "what senders say was changed lately, such as deployments",
  examples: ["firebreak source changes"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(changeView), "/changes?limit=100");
    output.result(page);
    if (page.items.length === 0) output.line("No change was reported yet.");
    else {
      output.table(
        ["TIME (UTC)", "SOURCE", "WHERE", "WHAT"],
        page.items.map((one) =>
          [timeText(one.at), one.source, one.origin ?? "-", one.summary].map((text) => printable(text)),
        ),
      );
    }
    return EXIT.ok;
  },
};

export const sourceCommands: readonly Command[] = [
  add,
  list,
  show,
  test,
  ...sourceChangeCommands,
  rotate,
  remove,
  refusals,
  changes,
];
