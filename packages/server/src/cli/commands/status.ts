import { groupHolds, isSettled, overview } from "@firebreak/protocol";
import type { CanaryView, Hold } from "@firebreak/protocol";
import { listResisting, listSupervisors } from "../../containment/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { ServerUnusableError } from "../client.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { clockText, durationText, severityText, timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "what is wrong, what is stopped, what to do next",
  description: [
    "With the server down it reads the kill switch's journal and asks the supervisors directly; --json then says " +
      "serverReachable: false.",
  ],
  examples: ["firebreak status", "firebreak status --json"],
  exits: [...ALWAYS, "denied"],
  run: async (context) => {
    if ((await context.client.find()) === null) return localStatus(context);
    try {
      return await serverStatus(context);
    } catch (fault) {
      if (!(fault instanceof ServerUnusableError)) throw fault;
      context.output.note(`firebreak: ${fault.message}`);
      return localStatus(context);
    }
  },
};

async function serverStatus({ client, output, clock, config }: CommandContext): Promise<number> {
  const view = await client.get(overview, "/overview");
  output.result({ serverReachable: true, ...view });
  const { style } = output;
  const open = view.openIncidents.filter((incident) => !isSettled(incident.state));
  output.line(open.length === 0 ? style.green("No open incident.") : style.bold(`${open.length} open incident(s)`));
  for (const incident of open) {
    const clocks = incident.clocks.filter((one) => one.stoppedAt === null).map((one) => clockText(one, clock.now()));
    const label = severityText(incident.severityLabel, incident.severity);
    output.line(`  ${[incident.id, label, incident.state, printable(incident.title), ...clocks].join("  ")}`);
  }
  printHolds(output, view.holds, clock.now());
  printResisting(output, config.home, view.holds);
  const { running, frozen, lost } = view.agents;
  output.line(
    `Agents: ${running} running, ${frozen} frozen, ${lost} lost. Events in the last hour: ${view.eventsLastHour}.`,
  );
  output.line(canaryText(view.canary, output));
  if (view.failedDeliveries > 0)
    output.line(style.red(`${view.failedDeliveries} notification(s) could not be delivered.`));
  for (const error of view.ruleErrors)
    output.line(style.yellow(printable(`${error.file}:${error.line}: ${error.message}`)));
  if (view.nextSteps.length > 0) output.line(style.bold("Next"));
  for (const step of view.nextSteps) output.line(`  - ${printable(step.text)}`);
  return EXIT.ok;
}

function canaryText({ state, freezeMs, killMs, problem, at }: CanaryView, { style }: Output): string {
  switch (state) {
    case "off":
      return "The kill switch's self-test is turned off (canary in the profile).";
    case "waiting":
      return "The kill switch's self-test has not run yet.";
    case "ok":
      return `The kill switch stopped its test agent: frozen in ${freezeMs} ms, killed in ${killMs} ms, at ${timeText(at ?? "")} UTC.`;
    case "failing":
      return style.red(`The kill switch did NOT stop its test agent: ${printable(problem ?? "")}`);
    default:
      return state satisfies never;
  }
}

function localStatus({ config, clock, newId, logger, output }: CommandContext): number {
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  try {
    const state = killswitch.current();
    const supervisors = listSupervisors({ home: config.home });
    output.result({
      serverReachable: false,
      epoch: state.epoch,
      holds: state.holds,
      supervisors,
      resisting: listResisting({ home: config.home, holds: state.holds }),
      health: state.health,
    });
    output.line(
      output.style.yellow(`No server answers for ${config.home}; this is what the journal and the supervisors say.`),
    );
    if (state.health.state !== "ok") output.line(output.style.red(`${state.health.problem} ${state.health.remedy}`));
    printHolds(output, state.holds, clock.now());
    printResisting(output, config.home, state.holds);
    if (supervisors.length === 0) output.line("No supervised agent is running.");
    else {
      output.table(
        ["AGENT", "PACK", "SESSION", "SUPERVISOR"],
        supervisors.map((one) => [
          one.agentId,
          one.pack ?? "-",
          one.sessionId,
          one.alive ? `pid ${one.supervisorPid}` : "gone",
        ]),
      );
    }
    return EXIT.ok;
  } finally {
    killswitch.close();
  }
}

/** A session stays listed as long as it is not at the level that its stop asks for. */
function printResisting(output: Output, home: string, holds: readonly Hold[]): void {
  for (const { agentId, sessionId, level, processes } of listResisting({ home, holds })) {
    const left = processes.slice(0, 5).map(({ pid, command }) => `${pid} ${printable(command)}`);
    const more = processes.length > left.length ? ` and ${processes.length - left.length} more` : "";
    output.line(
      output.style.red(
        `  RESISTS ${agentId}, ${sessionId}: not stopped (${level}); runs: ${left.join(", ")}${more}. It is tried again.`,
      ),
    );
  }
}

function printHolds(output: Output, holds: readonly Hold[], nowMs: number): void {
  if (holds.length === 0) {
    output.line("Nothing is stopped.");
    return;
  }
  const stops = groupHolds(holds);
  output.line(output.style.bold(`${stops.length} stop(s) in force`));
  for (const [hold] of stops) {
    const target = hold.target === null ? "everything" : `${hold.scope} ${hold.target}`;
    const age = durationText(Math.max(0, nowMs - Date.parse(hold.at)));
    output.line(
      `  ${hold.id}  ${hold.level} ${target}, since ${age}, by ${printable(hold.actor.name)}: ${printable(hold.reason)}`,
    );
  }
}
