import { tailsView } from "@firebreak/protocol";
import { formatFileProblem } from "../../kernel/index.ts";
import type { Command } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

export const tailCommand: Command = {
  name: "tail list",
  summary: "the log files that are read as they grow, and their health",
  description: [
    "They are named in tails.yaml of the home, which is read again by itself when it changes. Ends with 1 when something in " +
      "it does not load.",
  ],
  examples: ["firebreak tail list", "firebreak tail list --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const view = await client.get(tailsView, "/tails");
    output.result(view);
    if (view.items.length === 0) output.line("No tail yet: name log files in tails.yaml of the home.");
    else {
      output.table(
        ["TAIL", "STATE", "FILES", "LINES", "PER SECOND", "EVENTS", "UNREADABLE", "BEHIND", "LAST LINE"],
        view.items.map((tail) => [
          tail.name,
          tail.state === "reading" ? output.style.green("reading") : output.style.yellow("waiting"),
          String(tail.files),
          String(tail.lines),
          tail.linesPerSecond.toFixed(1),
          String(tail.events),
          String(tail.unreadable + tail.refused),
          `${tail.behindBytes} B`,
          tail.lastLineAt === null ? "-" : timeText(tail.lastLineAt),
        ]),
      );
    }
    for (const { name, waitingFor, lastProblem, skipped } of view.items) {
      if (waitingFor !== null) output.line(output.style.yellow(`${name} waits: ${printable(waitingFor)}`));
      if (lastProblem !== null) {
        output.line(
          `${name}: ${timeText(lastProblem.at)} ${printable(lastProblem.path)}: ${printable(lastProblem.message)}`,
        );
      }
      for (const one of skipped) output.line(`${name}: ${printable(one.path)}: ${printable(one.message)}`);
    }
    for (const problem of view.problems) output.line(output.style.red(printable(formatFileProblem(problem))));
    return view.problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};
