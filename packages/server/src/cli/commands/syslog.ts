import { syslogView } from "@firebreak/protocol";
import { formatFileProblem } from "../../kernel/index.ts";
import type { Command } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

export const syslogCommand: Command = {
  name: "syslog list",
  summary: "listeners for system logs over TCP and TLS, and their health",
  description: [
    "They are named in syslog.yaml of the home, which is read again by itself when it changes. Ends with 1 when something " +
      "in it does not load, or a listener cannot listen.",
  ],
  examples: ["firebreak syslog list", "firebreak syslog list --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const view = await client.get(syslogView, "/syslog");
    output.result(view);
    if (view.items.length === 0) output.line("No listener yet: name one in syslog.yaml of the home.");
    else {
      output.table(
        [
          "LISTENER",
          "ADDRESS",
          "STATE",
          "CONNECTIONS",
          "MESSAGES",
          "PER SECOND",
          "EVENTS",
          "UNREADABLE",
          "LAST MESSAGE",
        ],
        view.items.map((one) => [
          one.name,
          one.listen,
          one.state === "listening" ? output.style.green("listening") : output.style.yellow(one.state),
          String(one.connections),
          String(one.lines),
          one.linesPerSecond.toFixed(1),
          String(one.events),
          String(one.unreadable + one.refused),
          one.lastLineAt === null ? "-" : timeText(one.lastLineAt),
        ]),
      );
    }
    for (const { name, waitingFor, lastProblem } of view.items) {
      if (waitingFor !== null) output.line(output.style.yellow(`${name} waits: ${printable(waitingFor)}`));
      if (lastProblem === null) continue;
      const { at, path, message } = lastProblem;
      output.line(`${name}: ${timeText(at)} ${printable(path)}: ${printable(message)}`);
    }
    for (const problem of view.problems) output.line(output.style.red(printable(formatFileProblem(problem))));
    const isRight = view.problems.length === 0 && view.items.every(({ state }) => state !== "failed");
    return isRight ? EXIT.ok : EXIT.failed;
  },
};
