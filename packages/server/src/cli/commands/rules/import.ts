import path from "node:path";
import type { ImportPlan } from "../../../workshop/index.ts";
import type { Command, CommandContext } from "../../command.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { homeRulesDir, loadPlaces, resolvePlaces, shown } from "./places.ts";

/** Lines of one kind that the text report shows; --json has all. */
const LINES_MAX = 20;

export const importCommand: Command = {
  name: "rules import",
  summary: "bring public Sigma rules into the home's folder of rules",
  description: [
    "Says what it would copy, what does not load and why, which rules are in force already, and which are for systems " +
      "that nothing here reports about. Nothing is written until you add --write.",
    "Files are copied byte for byte, with their authors and licences, and the text of a licence beside them. A running " +
      "server has them in force two seconds later. Importing the same folder again replaces what changed in it.",
  ],
  positionals: [{ name: "DIR", summary: "a folder of Sigma rules" }],
  options: {
    write: { type: "boolean", summary: "copy them" },
    fed: { type: "boolean", summary: "only files with a rule that something here feeds" },
  },
  examples: ["firebreak rules import ./sigma/rules/linux", "firebreak rules import ./sigma/rules --fed --write"],
  exits: ALWAYS,
  run: async (context) => {
    const { args, output } = context;
    const { planImport, writeImport } = await import("../../../workshop/index.ts");
    const [from = ""] = resolvePlaces(context, args.positionals);
    const plan = await planImport({
      from,
      rulesDir: homeRulesDir(context),
      inForce: (await loadPlaces(context, [])).rules,
      onlyFed: args.flag("fed"),
    });
    const written = args.flag("write");
    if (written) writeImport(plan);
    const files = plan.files.map(({ from: source, to, ruleIds, state }) => ({ from: source, to, ruleIds, state }));
    output.result({ ...plan, files, written });
    showPlan(context, plan, written);
    return EXIT.ok;
  },
};

function showPlan(context: CommandContext, plan: ImportPlan, written: boolean): void {
  const { output } = context;
  const { files, refused, duplicates, unfed, licences } = plan;
  const rules = files.reduce((sum, { ruleIds }) => sum + ruleIds.length, 0);
  const count = (state: ImportPlan["files"][number]["state"]) => files.filter((file) => file.state === state).length;
  output.line(
    `${written ? "Copied" : "Would copy"} ${rules} rule(s) in ${files.length} file(s) to ${shown(context, plan.into)}`,
  );
  output.line(
    `  ${count("new")} new, ${count("changed")} changed, ${count("same")} there already; ${plan.authors} name their author`,
  );
  if (plan.leftOut > 0) output.line(`  ${plan.leftOut} file(s) left out: nothing here feeds them`);
  output.line(
    `  licence: ${licences.length === 0 ? "no text of one was found; check that you may use them" : licences.map((file) => printable(path.basename(file))).join(", ")}`,
  );
  section(
    context,
    "Refused",
    refused.map(({ file, line, column, message }) => `${shown(context, file)}:${line}:${column} ${printable(message)}`),
  );
  section(
    context,
    "In force already",
    duplicates.map(
      ({ file, ruleId, inForce }) => `${shown(context, file)}: ${printable(ruleId)} is in ${shown(context, inForce)}`,
    ),
  );
  section(
    context,
    "Nothing here feeds",
    unfed.map(({ logsource, rules: number }) => `${printable(logsource)}: ${number} rule(s)`),
  );
  if (!written && files.length > 0) output.line("\nNothing was written. Add --write to copy them.");
}

function section({ output }: CommandContext, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  output.line(`\n${output.style.bold(`${title} (${lines.length})`)}`);
  for (const line of lines.slice(0, LINES_MAX)) output.line(`  ${line}`);
  if (lines.length > LINES_MAX) output.line(`  and ${lines.length - LINES_MAX} more (--json shows all)`);
}
