import { guardView } from "@firebreak/protocol";
import type { GuardLevel, GuardMeasure, GuardProcess, GuardView } from "@firebreak/protocol";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";

const guardStatus: Command = {
  name: "guard status",
  summary: "how loaded the server's machine is, and who uses most",
  description: [
    "The resource guard of the server that answers samples processor, memory and disk every 5 seconds. Levels are normal, " +
      "warn, critical and emergency; their tiers stand in the profile under guard. FIREBREAK_RESOURCE_GUARD=off turns " +
      "it off on one machine.",
  ],
  examples: ["firebreak guard status", "firebreak guard status --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }: CommandContext) => {
    const view = await client.get(guardView, "/guard");
    output.result(view);
    printGuard(output, view);
    return EXIT.ok;
  },
};

function printGuard(output: Output, view: GuardView): void {
  const { style } = output;
  if (view.state === "off") output.line(`${printable(view.host)}: the resource guard is off.`);
  else if (view.state === "blind")
    output.line(style.red(`${printable(view.host)} cannot be watched: ${printable(view.problem ?? "")}`));
  else output.line(`${printable(view.host)}: ${paint(output, view.level)} since ${timeText(view.since)} UTC`);
  if (view.measures.length > 0) {
    output.table(
      ["", "USED", "LEVEL", "TREND", "LAST 5 MINUTES"],
      view.measures.map((one) => [
        one.name + (one.of === "container" ? " (container)" : ""),
        `${one.percent.toFixed(0)} %`,
        paint(output, one.level),
        one.trend,
        sparkline(view, one),
      ]),
    );
  }
  if (view.diskFreeBytes !== null) output.line(`${gigabytes(view.diskFreeBytes)} of disk are free.`);
  if (view.top.at === null) return;
  output.line(style.bold(`Who used most at ${timeText(view.top.at)} UTC`));
  const rows = [...new Map([...view.top.cpu, ...view.top.memory].map((one) => [one.pid, one])).values()];
  output.table(["PID", "NAME", "CPU", "MEMORY", "AGENT", "COMMAND"], rows.map(processRow));
}

function processRow(one: GuardProcess): string[] {
  const memory = gigabytes(one.memoryBytes);
  const cpu = `${one.cpuPercent.toFixed(0)} %`;
  return [String(one.pid), printable(one.name), cpu, memory, one.agentId ?? "-", printable(one.commandLine)];
}

function paint({ style }: Output, level: GuardLevel): string {
  switch (level) {
    case "normal":
      return style.green(level);
    case "warn":
      return style.yellow(level);
    case "critical":
    case "emergency":
      return style.red(level);
    default:
      return level satisfies never;
  }
}

const BARS = "▁▂▃▄▅▆▇█";

function sparkline({ history }: GuardView, { name }: GuardMeasure): string {
  return history.map((sample) => BARS.charAt(Math.min(7, Math.floor(sample[name] / 12.5)))).join("");
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

export const guardCommands: readonly Command[] = [guardStatus];
