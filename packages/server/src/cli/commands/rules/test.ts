import type { CaseResult } from "../../../detection/index.ts";
import type { Command, CommandContext } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { DIRECTORIES, loadPlaces, shown } from "./places.ts";

export const testCommand: Command = {
  name: "rules test",
  summary: "run the cases that stand beside rules (x.cases.yml)",
  description: [
    "A case is a stream of events, or commands, and which rules of its file must report, by id and how often. Ends with 1 " +
      "when a case fails or a rule does not load. No server is needed.",
  ],
  positionals: [DIRECTORIES],
  examples: ["firebreak rules test", "firebreak rules test ./rules"],
  exits: ALWAYS,
  run: async (context) => {
    const { output, args } = context;
    const { runRuleCases } = await import("../../../detection/index.ts");
    const { ruleset, errors } = await loadPlaces(context, args.positionals);
    const { results, problems } = await runRuleCases(ruleset);
    const failed = results.filter(({ passed }) => !passed);
    output.result({ passed: results.length - failed.length, failed, problems, errors });
    for (const { file, line, column, message } of errors) {
      output.line(output.style.red(`${shown(context, file)}:${line}:${column} ${printable(message)}`));
    }
    for (const { file, message } of problems) {
      output.line(output.style.red(`${shown(context, file)}: ${printable(message)}`));
    }
    for (const one of failed) showFailure(context, one);
    output.line(`${results.length - failed.length} case(s) pass, ${failed.length} fail.`);
    return failed.length + problems.length + errors.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

function showFailure(context: CommandContext, { file, name, command, expected, got }: CaseResult): void {
  const { output } = context;
  output.line(output.style.red(`${shown(context, file)}: ${printable(name)}`));
  if (command !== undefined) output.line(`  command:  ${printable(command)}`);
  output.line(`  expected: ${describeReports(expected)}`);
  output.line(`  got:      ${describeReports(got)}`);
}

function describeReports(reports: Readonly<Record<string, number>>): string {
  const parts = Object.entries(reports).map(([id, times]) => `${printable(id)} × ${times}`);
  return parts.length === 0 ? "no report" : parts.join(", ");
}
