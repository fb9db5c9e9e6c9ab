import { existsSync } from "node:fs";
import path from "node:path";
import { OperatorError } from "../../kernel/index.ts";
import type { CaseResult } from "../../detection/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { dataDir } from "../installation.ts";
import { printable } from "../printable.ts";

const DIRECTORIES = {
  name: "DIR",
  summary: "directories of rules, or single files (the shipped rules and those of the home)",
  optional: true,
  many: true,
} as const;

const check: Command = {
  name: "rules check",
  summary: "compile Sigma rules and name what does not load",
  description: [
    "Each rule that does not load is named with file, line and column, what is wrong and how to mend it. Ends with 1 when " +
      "there is one. No server is needed.",
  ],
  positionals: [DIRECTORIES],
  examples: ["firebreak rules check", "firebreak rules check ./rules --json"],
  exits: ALWAYS,
  run: async (context) => {
    const { output } = context;
    const { rules, errors } = await load(context);
    output.result({ rules: rules.length, errors });
    for (const { file, line, column, message, remedy } of errors) {
      output.line(output.style.red(`${shown(context, file)}:${line}:${column} ${printable(message)}`));
      output.line(`  ${printable(remedy)}`);
    }
    output.line(`${rules.length} rule(s) load, ${errors.length} fault(s).`);
    return errors.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

const test: Command = {
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
    const { output } = context;
    const { runRuleCases } = await import("../../detection/index.ts");
    const { ruleset, errors } = await load(context);
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

/** @throws OperatorError when a place named does not exist */
async function load({ args, config, workingDirectory }: CommandContext) {
  const { loadRules } = await import("../../detection/index.ts");
  const named = args.positionals.map((one) => path.resolve(workingDirectory, one));
  const missing = named.findIndex((place) => !existsSync(place));
  if (missing >= 0) {
    const place = printable(args.positionals[missing] ?? "");
    throw new OperatorError(`There is no ${place}.`, "Name a directory of Sigma rules, or a file.");
  }
  return loadRules(named.length > 0 ? named : [path.join(dataDir(), "rules"), path.join(config.home, "rules")]);
}

const shown = ({ workingDirectory }: CommandContext, file: string): string =>
  printable(path.relative(workingDirectory, file));

export const rulesCommands: readonly Command[] = [check, test];
