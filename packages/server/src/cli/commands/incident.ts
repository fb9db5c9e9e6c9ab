import { incidentDetail, incidentGuidance, incidentSummary, isSettled, pageOf, stormAgent } from "@firebreak/protocol";
import type { IncidentDetail, StormView } from "@firebreak/protocol";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { clockText, durationText, severityText, timeText } from "../format.ts";
import { printable } from "../printable.ts";

const INCIDENT = { name: "INCIDENT", summary: "the incident's id, for example INC-2026-0001" } as const;

const EXITS = [...ASKS_SERVER, "notFound"] as const;
const LIMIT = { min: 1, max: 500 };

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
  examples: ["firebreak incident list", "firebreak incident list --all --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args, clock }) => {
    const page = await client.get(pageOf(incidentSummary), `/incidents?limit=${args.count("limit", LIMIT) ?? 50}`);
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
  summary: "one incident: clocks, timeline, runs, evidence, messages",
  positionals: [INCIDENT],
  examples: ["firebreak incident show INC-2026-0001"],
  exits: EXITS,
  run: async (context) => {
    const incident = await context.client.get(incidentDetail, pathOf(context));
    context.output.result(incident);
    printIncident(context, incident);
    return EXIT.ok;
  },
};

const guidance: Command = {
  name: "incident guidance",
  summary: "the playbooks that fit an incident, and whom to bring in",
  positionals: [INCIDENT],
  examples: ["firebreak incident guidance INC-2026-0001"],
  exits: EXITS,
  run: async (context) => {
    const { client, output } = context;
    const { playbooks, contacts } = await client.get(incidentGuidance, pathOf(context, "/guidance"));
    output.result({ playbooks, contacts });
    if (playbooks.length === 0) output.line("No playbook fits.");
    else
      output.table(
        ["PLAYBOOK", "TITLE", "WHY"],
        playbooks.map(({ id, title, why }) => [id, printable(title), printable(why)]),
      );
    if (contacts.length === 0) return EXIT.ok;
    output.line();
    output.table(
      ["WHO", "WHEN", "FOR", "REACHED BY"],
      contacts.map(({ title, trigger, duty, people }) => [
        printable(title),
        printable(trigger),
        printable(duty),
        people
          .map((one) => printable([one.name, one.phone, one.email, one.channel].filter(Boolean).join(" ")))
          .join(", ") || "-",
      ]),
    );
    return EXIT.ok;
  },
};

const agents: Command = {
  name: "incident agents",
  summary: "the agents of an alert storm, and what was decided for each",
  positionals: [INCIDENT],
  options: {
    after: { type: "string", value: "AGENT", summary: "those after this one" },
    limit: { type: "string", value: "N", summary: "no more than N (50)" },
  },
  examples: ["firebreak incident agents INC-2026-0001", "firebreak incident agents INC-2026-0001 --limit 500 --json"],
  exits: EXITS,
  run: async (context) => {
    const { client, output, args } = context;
    const after = args.text("after");
    const tail = after === undefined ? "" : `&after=${encodeURIComponent(after)}`;
    const limit = args.count("limit", LIMIT) ?? 50;
    const page = await client.get(pageOf(stormAgent), `${pathOf(context, "/agents")}?limit=${limit}${tail}`);
    output.result(page);
    if (page.items.length === 0) output.line("No agent of a storm: see the incident for the agent that it is about.");
    else
      output.table(
        ["AGENT", "JOINED (UTC)", "ALERTS", "AUTOMATIC CONTAINMENT"],
        page.items.map((one) => [
          printable(one.agentId),
          timeText(one.joinedAt),
          String(one.alerts),
          one.decision ?? "-",
        ]),
      );
    if (page.next !== null) output.line(`There are more: --after ${printable(page.next)}`);
    return EXIT.ok;
  },
};

function printStorm({ output }: CommandContext, id: string, storm: StormView): void {
  const { agents: many, alerts, beganAt, lastJoinedAt, endedAt, rules, decisions } = storm;
  const state = endedAt === null ? `last joined ${timeText(lastJoinedAt)}` : `over since ${timeText(lastJoinedAt)}`;
  output.line(output.style.bold(`Storm: ${many} agents, ${alerts} alerts since ${timeText(beganAt)}, ${state}`));
  for (const rule of rules) output.line(`  ${rule.alerts} × ${printable(rule.title)}`);
  if (decisions.length > 0)
    output.line(
      `  Automatic containment, by agents: ${decisions.map((one) => `${one.agents} ${one.state}`).join(", ")}`,
    );
  if (many > 0) output.line(`  Who: firebreak incident agents ${id}`);
}

function printIncident(context: CommandContext, incident: IncidentDetail): void {
  const { output, clock } = context;
  const { style } = output;
  output.line(style.bold(`${incident.id}  ${printable(incident.title)}`));
  output.line(`${severityText(incident.severityLabel, incident.severity)}, ${incident.state}, ${incident.type}`);
  output.line(
    `Agent ${incident.agentId ?? "-"}, session ${incident.sessionId ?? "-"}, commander ${incident.commander ?? "nobody yet"}`,
  );
  output.line(incident.clocks.map((one) => clockText(one, clock.now())).join(", "));
  if (incident.tripToStopMs !== null) output.line(`Trip to verified stop: ${durationText(incident.tripToStopMs)}`);
  if (incident.storm !== null) printStorm(context, incident.id, incident.storm);
  output.line();
  output.table(
    ["TIME (UTC)", "WHO", "WHAT"],
    incident.timeline.map((entry) => [timeText(entry.at), printable(entry.actor.name), printable(entry.text)]),
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
  command: Pick<Command, "name" | "summary" | "examples" | "options">,
  action: string,
  bodyOf: (args: CommandContext["args"]) => unknown,
): Command {
  return {
    ...command,
    positionals: [INCIDENT],
    exits: EXITS,
    run: async (context) => {
      const incident = await context.client.post(incidentDetail, pathOf(context, action), bodyOf(context.args));
      context.output.result(incident);
      context.output.line(`${incident.id} is ${incident.state}.`);
      return EXIT.ok;
    },
  };
}

const acknowledge = act(
  {
    name: "incident ack",
    summary: "acknowledge it: you are on it, the response clock stops",
    examples: ["firebreak incident ack INC-2026-0001"],
  },
  "/acknowledge",
  () => ({}),
);

const resolve = act(
  {
    name: "incident resolve",
    summary: "resolve it, with what happened",
    options: {
      summary: { type: "string", value: "TEXT", summary: "what happened and how it ended (needed)" },
      "root-cause": { type: "string", value: "TEXT", summary: "why it happened, if known" },
    },
    examples: [
      'firebreak incident resolve INC-2026-0001 --summary "stopped in time; the prompt is mended"',
      'firebreak incident resolve INC-2026-0001 --summary "…" --root-cause "a poisoned page"',
    ],
  },
  "/resolve",
  (args) => ({ summary: args.requiredText("summary", 3), rootCause: args.text("root-cause") }),
);

const note = act(
  {
    name: "incident note",
    summary: "put a note on the timeline",
    options: { text: { type: "string", value: "TEXT", summary: "the note (needed)" } },
    examples: ['firebreak incident note INC-2026-0001 --text "called the owner"'],
  },
  "/note",
  (args) => ({ text: args.requiredText("text") }),
);

export const incidentCommands: readonly Command[] = [list, show, agents, guidance, acknowledge, resolve, note];
