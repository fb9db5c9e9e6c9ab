import {
  exportedDocument,
  exportFormat,
  IMPACT_SECTIONS,
  impactView,
  investigationTimeline,
  MARK_ACTS,
  timelineSource,
} from "@firebreak/protocol";
import type {
  ExportFormat,
  ImpactView,
  InvestigationEntry,
  InvestigationTimeline,
  SourceClock,
} from "@firebreak/protocol";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { durationText, timeText } from "../format.ts";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import { printable } from "../printable.ts";

const INCIDENT = { name: "INCIDENT", summary: "the incident's id, for example INC-2026-0001" } as const;
const EXITS = [...ASKS_SERVER, "notFound"] as const;
const LIMIT = { min: 1, max: 100_000 };
const PAGE = 500;

const pathOf = ({ args }: CommandContext, tail: string) =>
  `/incidents/${encodeURIComponent(args.positional(0) ?? "")}${tail}`;

const EXPORT = {
  type: "string",
  value: "FILE",
  summary: "write a document instead: .md, .json, .csv or .pdf",
} as const;

const FORMATS: Readonly<Record<string, ExportFormat>> = {
  ".md": "markdown",
  ".json": "json",
  ".csv": "csv",
  ".pdf": "pdf",
};

interface Export {
  readonly file: string;
  readonly what: "timeline" | "impact";
  readonly options: Readonly<Record<string, unknown>>;
}

/** Writes the document where it was asked for, never over another file. */
async function exportTo(context: CommandContext, command: Command, { file, what, options }: Export): Promise<number> {
  const { client, output, workingDirectory } = context;
  const format = exportFormat.safeParse(FORMATS[path.extname(file).toLowerCase()]);
  if (!format.success) throw usageError(command, "--export: end the file's name with .md, .json, .csv or .pdf.");
  const document = await client.post(exportedDocument, pathOf(context, `/${what}/export`), {
    format: format.data,
    ...options,
  });
  const place = path.resolve(workingDirectory, file);
  await writeFile(place, Buffer.from(document.content, document.encoding), { flag: "wx", mode: 0o600 }).catch(
    (fault: unknown) => {
      throw new OperatorError(
        `${printable(place)} cannot be written: ${messageOf(fault)}.`,
        "Name a file that is not there yet, in a folder that you may write to.",
      );
    },
  );
  const { content: _content, ...facts } = document;
  output.result({ file: place, ...facts });
  output.line(
    `${printable(place)}: ${document.entries} entries${document.isCut ? " (cut: there are more)" : ""}, SHA-256 ${document.sha256}, which the audit log has too.`,
  );
  return EXIT.ok;
}

const timeline: Command = {
  name: "incident timeline",
  summary: "what happened, out of every source in one order",
  description: [
    "Telemetry, alerts, stops with their proofs, actions, playbook steps, approvals, messages, notes and gaps. Without " +
      "--all the curated view: of telemetry only what stands out, is cited or was pinned, and nothing hidden.",
    "The times are this server's: of a source whose clock is wrong they are moved, and the command says by how much.",
  ],
  positionals: [INCIDENT],
  options: {
    all: { type: "boolean", summary: "every entry, hidden ones too" },
    source: {
      type: "string",
      value: "NAMES",
      summary: `only these, behind commas: ${timelineSource.options.join(", ")}`,
    },
    newest: { type: "boolean", summary: "newest first" },
    limit: { type: "string", value: "N", summary: "no more than N entries (200)" },
    export: EXPORT,
  },
  examples: [
    "firebreak incident timeline INC-2026-0001",
    "firebreak incident timeline INC-2026-0001 --all --source telemetry,stop --json",
    "firebreak incident timeline INC-2026-0001 --export timeline.pdf",
  ],
  exits: EXITS,
  run: async (context) => {
    const { output, args } = context;
    const file = args.text("export");
    if (file !== undefined) {
      const sources = args
        .text("source")
        ?.split(",")
        .map((name) => name.trim());
      return exportTo(context, timeline, {
        file,
        what: "timeline",
        options: { view: args.flag("all") ? "all" : "curated", sources },
      });
    }
    const found = await readTimeline(context, args.count("limit", LIMIT) ?? 200);
    output.result(found);
    printTimeline(context, found);
    return EXIT.ok;
  },
};

async function readTimeline(context: CommandContext, limit: number): Promise<InvestigationTimeline> {
  const { args, client } = context;
  const query = new URLSearchParams({
    view: args.flag("all") ? "all" : "curated",
    order: args.flag("newest") ? "newest" : "oldest",
  });
  const sources = args.text("source");
  if (sources !== undefined) query.set("sources", sources.replaceAll(" ", ""));
  const items: InvestigationEntry[] = [];
  for (;;) {
    query.set("limit", String(Math.min(PAGE, limit - items.length)));
    const page = await client.get(investigationTimeline, pathOf(context, `/timeline?${query.toString()}`));
    items.push(...page.items);
    if (page.next === null || items.length >= limit) return { ...page, items };
    query.set("after", page.next);
  }
}

function printTimeline({ output }: CommandContext, found: InvestigationTimeline): void {
  if (found.items.length === 0) output.line("Nothing in this view. --all shows every entry.");
  else {
    output.table(
      ["TIME (UTC)", "SOURCE", "WHO", "WHAT"],
      found.items.map((entry) => [timeText(entry.at), entry.source, whoOf(entry), textOf(entry)]),
    );
  }
  for (const clock of found.clocks.filter((one) => one.state !== "in_step")) output.line(clockText(clock));
  if (found.next !== null) output.line("There is more: give a larger --limit.");
}

function whoOf(entry: InvestigationEntry): string {
  return printable(entry.actor?.name ?? entry.agentId ?? entry.from);
}

function textOf(entry: InvestigationEntry): string {
  const marks = [entry.pinned ? "[pinned] " : "", entry.hidden ? "[hidden] " : ""].join("");
  const notes = entry.annotations.map((note) => ` — ${note.actor.name}: ${note.text}`).join("");
  return marks + printable(`${entry.text}${notes}`);
}

function clockText(clock: SourceClock): string {
  const who = `${printable(clock.source)} (${printable(clock.agentId)})`;
  const by = durationText(Math.abs(clock.medianMs));
  if (clock.state === "corrected") {
    const direction = clock.medianMs > 0 ? "behind" : "ahead";
    return `Clock of ${who}: ${by} ${direction}, its times are moved (${clock.events} events).`;
  }
  return `Clock of ${who}: events arrived ${durationText(clock.lowMs)} to ${durationText(clock.highMs)} after their time; not moved.`;
}

const mark: Command = {
  name: "incident mark",
  summary: "pin, hide or annotate an entry of the timeline",
  description: [
    "The entry stays as it is; what you do is a record of its own, with your name. `--json` of the timeline shows each entry's ref.",
  ],
  positionals: [INCIDENT, { name: "REF", summary: "the entry, for example event:17" }],
  options: {
    act: { type: "string", value: "ACT", summary: `${MARK_ACTS.join(", ")} (pin)` },
    text: { type: "string", value: "TEXT", summary: "why, or the annotation" },
  },
  examples: [
    "firebreak incident mark INC-2026-0001 event:17",
    'firebreak incident mark INC-2026-0001 event:17 --act annotate --text "the first sign"',
  ],
  exits: EXITS,
  run: async (context) => {
    const { client, output, args } = context;
    const act = args.text("act") ?? "pin";
    if (!MARK_ACTS.some((known) => known === act)) throw usageError(mark, `--act: use one of ${MARK_ACTS.join(", ")}.`);
    const ref = args.positional(1) ?? "";
    await client.post(z.null(), pathOf(context, "/timeline/marks"), { ref, act, text: args.text("text") });
    output.result({ ref, act });
    output.line(`${act}: ${printable(ref)}`);
    return EXIT.ok;
  },
};

const impact: Command = {
  name: "incident impact",
  summary: "what it did: data, credentials, reach, bytes out, traces",
  description: [
    "Every line says how sure it is: observed (an event says so), inferred (read from a command or call), attempted " +
      "(denied or failed), possible. --json names the events behind each.",
    "Duties towards authorities are suggestions for a lawyer, each with the fact behind it.",
  ],
  positionals: [INCIDENT],
  options: {
    refresh: { type: "boolean", summary: "compute it anew first" },
    version: { type: "string", value: "N", summary: "an earlier version" },
    export: EXPORT,
  },
  examples: [
    "firebreak incident impact INC-2026-0001",
    "firebreak incident impact INC-2026-0001 --refresh --json",
    "firebreak incident impact INC-2026-0001 --export impact.md",
  ],
  exits: EXITS,
  run: async (context) => {
    const { client, output, args } = context;
    const version = args.count("version", { min: 1, max: 1_000_000 });
    const apiPath = pathOf(context, "/impact");
    const refresh = args.flag("refresh");
    if (refresh && version !== undefined)
      throw usageError(impact, "--refresh makes a new version: leave --version out.");
    const found = refresh
      ? await client.post(impactView, apiPath)
      : await client.get(impactView, version === undefined ? apiPath : `${apiPath}?version=${version}`);
    const file = args.text("export");
    if (file !== undefined) return exportTo(context, impact, { file, what: "impact", options: { version } });
    output.result(found);
    printImpact(context, found);
    return EXIT.ok;
  },
};

function printImpact({ output }: CommandContext, found: ImpactView): void {
  const { style } = output;
  output.line(
    `Impact of ${found.incidentId}, version ${found.version} of ${timeText(found.computedAt)}: ${found.eventsRead} events from ${timeText(found.from)} to ${timeText(found.to)}`,
  );
  for (const section of IMPACT_SECTIONS) {
    const statements = found.statements.filter((statement) => statement.section === section);
    if (statements.length === 0) continue;
    output.line();
    output.line(style.bold(section.replace("_", " ")));
    for (const { certainty, text, classes } of statements) {
      const marks = classes.length === 0 ? "" : ` [${classes.join(", ")}]`;
      output.line(`  ${certainty.padEnd(9)} ${printable(text)}${marks}`);
    }
  }
  if (found.regulatory.length > 0) {
    output.line();
    output.line(style.bold("duties that may have arisen (suggestions, no legal advice)"));
    for (const trigger of found.regulatory) {
      const due = trigger.dueAt === null ? "no fixed number of hours" : `until ${timeText(trigger.dueAt)}`;
      output.line(
        `  ${trigger.regime}: ${trigger.duty}; ${due}, counted from ${trigger.clockFrom}. Fact: ${trigger.fact}.`,
      );
    }
  }
  for (const limit of found.limits) output.line(`Not in it: ${printable(limit)}`);
  if (found.statements.length === 0) output.line("Nothing can be stated: no event behind it.");
}

export const investigationCommands: readonly Command[] = [timeline, mark, impact];
