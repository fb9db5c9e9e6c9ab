import { incidentDetail, incidentSummary, isSettled, pageOf } from "@firebreak/protocol";
import type { IncidentDetail } from "@firebreak/protocol";
import { EXIT } from "../command.ts";
import type { Command, CommandContext } from "../command.ts";
import { clockText, durationText, severityText } from "../format.ts";
import { printable } from "../output.ts";

const INCIDENT = { name: "INCIDENT", summary: "the incident's id, for example INC-2026-0001" } as const;

function pathOf({ args }: CommandContext, tail = ""): string {
  return `/incidents/${encodeURIComponent(args.positional(0) ?? "")}${tail}`;
}

const list: Command = {
  name: "incident list",
  summary: "incidents, newest first",
  options: {
    all: { type: "boolean", summary: "settled ones too" },
    limit: { type: "string", value: "N", summary: "no more than N (50)" },
  },
  run: async ({ client, output, args, clock }) => {
    const limit = Number(args.text("limit") ?? 50);
    const page = await client.get(pageOf(incidentSummary), `/incidents?limit=${Number.isInteger(limit) ? limit : 50}`);
    const items = args.flag("all") ? page.items : page.items.filter((incident) => !isSettled(incident.state));
    output.result({ items, next: page.next });
    if (items.length === 0)
      output.line(args.flag("all") ? "No incident yet." : "No open incident. --all shows settled ones.");
    else {
      output.table(
        ["ID", "SEVERITY", "STATE", "AGENT", "CLOCKS", "TITLE"],
        items.map((incident) => [
          incident.id,
          severityText(incident.severityLabel, incident.severity),
          incident.state,
          incident.agentId ?? "-",
          incident.clocks
            .filter((one) => one.stoppedAt === null)
            .map((one) => clockText(one, clock.now()))
            .join(", ") || "-",
          printable(incident.title),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const show: Command = {
  name: "incident show",
  summary: "one incident: clocks, timeline, stops, evidence, notifications",
  positionals: [INCIDENT],
  run: async (context) => {
    const incident = await context.client.get(incidentDetail, pathOf(context));
    context.output.result(incident);
    printIncident(context, incident);
    return EXIT.ok;
  },
};

function printIncident({ output, clock }: CommandContext, incident: IncidentDetail): void {
  const { style } = output;
  output.line(style.bold(`${incident.id}  ${printable(incident.title)}`));
  output.line(`${severityText(incident.severityLabel, incident.severity)}, ${incident.state}, ${incident.type}`);
  output.line(
    `Agent ${incident.agentId ?? "-"}, session ${incident.sessionId ?? "-"}, commander ${incident.commander ?? "nobody yet"}`,
  );
  output.line(incident.clocks.map((one) => clockText(one, clock.now())).join(", "));
  if (incident.tripToStopMs !== null) output.line(`Trip to verified stop: ${durationText(incident.tripToStopMs)}`);
  output.line();
  output.table(
    ["TIME (UTC)", "WHO", "WHAT"],
    incident.timeline.map((entry) => [entry.at, printable(entry.actor.name), printable(entry.text)]),
  );
  for (const run of incident.runs) {
    output.line();
    output.line(style.bold(`Run ${run.id}  ${printable(run.playbookTitle)}: ${run.state}`));
    output.table(
      ["  STEP", "STATE", ""],
      run.steps.map((step) => [`  ${step.id}`, step.state, printable(step.message ?? "")]),
    );
  }
  for (const one of incident.evidence) {
    output.line(
      `Evidence ${one.id}: ${one.items} items (${one.degradedItems} incomplete), manifest ${one.manifestSha256}`,
    );
  }
  for (const one of incident.deliveries) {
    output.line(
      `Notification ${one.template} by ${one.channel}: ${one.state} after ${one.attempts} attempt(s) ${printable(one.receipt ?? one.lastError ?? "")}`,
    );
  }
}

/** A command that does one thing to an incident and says its new state. */
function act(
  name: string,
  summary: string,
  tail: string,
  options: Command["options"],
  body: (context: CommandContext) => unknown,
): Command {
  return {
    name: `incident ${name}`,
    summary,
    positionals: [INCIDENT],
    ...(options === undefined ? {} : { options }),
    run: async (context) => {
      const incident = await context.client.post(incidentDetail, pathOf(context, tail), body(context));
      context.output.result(incident);
      context.output.line(`${incident.id} is ${incident.state}.`);
      return EXIT.ok;
    },
  };
}

export const incidentCommands: readonly Command[] = [
  list,
  show,
  act("ack", "acknowledge it: you are on it, the response clock stops", "/acknowledge", undefined, () => ({})),
  act(
    "resolve",
    "resolve it, with what happened",
    "/resolve",
    {
      summary: { type: "string", value: "TEXT", summary: "what happened and how it ended (needed)" },
      "root-cause": { type: "string", value: "TEXT", summary: "why it happened, if known" },
    },
    ({ args }) => ({ summary: args.text("summary") ?? "", rootCause: args.text("root-cause") }),
  ),
  act(
    "note",
    "put a note on the timeline",
    "/note",
    { text: { type: "string", value: "TEXT", summary: "the note (needed)" } },
    ({ args }) => ({
      text: args.text("text") ?? "",
    }),
  ),
];
