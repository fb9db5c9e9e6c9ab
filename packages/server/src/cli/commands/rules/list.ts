import { rulesView } from "@firebreak/protocol";
import type { RuleView } from "@firebreak/protocol";
import type { Command } from "../../command.ts";
import { ASKS_SERVER, EXIT } from "../../exit-codes.ts";
import { timeText } from "../../format.ts";
import { printable } from "../../printable.ts";

export const listCommand: Command = {
  name: "rules list",
  summary: "the rules in force with their health",
  description: [
    "Hits of the last day and week, alerts of the last 30 days that were marked as false, and what each rule costs when it " +
      "is asked alone (measured by the server on the newest events). What needs somebody stands below the table.",
  ],
  examples: ["firebreak rules list", "firebreak rules list --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const view = await client.get(rulesView, "/rules");
    output.result(view);
    const rows = view.rules.toSorted((a, b) => b.hits7d - a.hits7d || a.title.localeCompare(b.title));
    output.table(["level", "rule", "24 h", "7 d", "false", "µs", "last hit", "id"], rows.map(rowOf));
    for (const { title, hint } of rows) {
      if (hint !== null) output.line(output.style.yellow(`${printable(title)}: ${printable(hint)}`));
    }
    for (const { file, line, column, message } of view.errors) {
      output.line(output.style.red(`${printable(file)}:${line}:${column} ${printable(message)}`));
    }
    output.line(`${view.rules.length} rule(s), ${view.errors.length} fault(s).`);
    return EXIT.ok;
  },
};

function rowOf(rule: RuleView): string[] {
  const { level, title, hits24h, hits7d, falsePositives, costMicros, lastHitAt, id } = rule;
  return [
    printable(level),
    printable(title),
    String(hits24h),
    String(hits7d),
    String(falsePositives),
    costMicros === null ? "" : costMicros.toFixed(1),
    lastHitAt === null ? "" : timeText(lastHitAt),
    printable(id),
  ];
}
