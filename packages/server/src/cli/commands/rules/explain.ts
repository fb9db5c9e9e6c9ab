import { nearest } from "@firebreak/sigma/nearest";
import type { RuleInfo } from "@firebreak/sigma";
import { OperatorError } from "../../../kernel/index.ts";
import type { Command } from "../../command.ts";
import { readAllRecords } from "../../detect/read-records.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { showExplanation } from "../../show-explanation.ts";
import { loadPlaces } from "./places.ts";

const EVENTS_MAX = 2_000;

export const explainCommand: Command = {
  name: "rules explain",
  summary: "say why events do or do not match a rule",
  description: [
    "Shows the rule as a tree: each selection, each item in it, the values of the event against the patterns of the rule, " +
      "and + or - for whether it holds. Of a correlation it shows what was counted, for whom, and how far it came.",
    "Events are read as `firebreak detect` reads them: one that does not tell where it comes from is taken for what the rule " +
      "is about. A correlation needs all events of its window. Ends with 0 whether or not the rule matches. No server is needed.",
  ],
  positionals: [{ name: "RULE", summary: "id, name or title of a rule" }],
  options: {
    event: { type: "string", value: "FILE", summary: "a file with one or several events; - is standard input" },
    rules: { type: "string", value: "DIR", repeatable: true, summary: "rules to look in, instead of those in force" },
  },
  examples: [
    `echo '{"agent":{"id":"a"},"kind":"command","data":{"command":"rm x"}}' | firebreak rules explain recursive_forced_deletion --event -`,
    "firebreak rules explain my-rule --rules ./rules --event events.ndjson --json",
  ],
  exits: ALWAYS,
  run: async (context) => {
    const { args, output } = context;
    const wanted = args.positional(0) ?? "";
    const file = args.requiredText("event");
    const { ruleset } = await loadPlaces(context, args.texts("rules"));
    const rule = findRule(ruleset.rules, wanted);
    const records = await readAllRecords(file, process.stdin, EVENTS_MAX);
    const { explainEvents, logsourcesOf, presentRecords } = await import("../../../workshop/index.ts");
    const events = presentRecords(records, logsourcesOf(ruleset, rule.id));
    const explanations = explainEvents(ruleset, rule.id, events);
    output.result(explanations);
    for (const explanation of explanations) showExplanation(output, explanation);
    return EXIT.ok;
  },
};

/** @throws OperatorError when there is none, or several of that title */
function findRule(rules: readonly RuleInfo[], wanted: string): RuleInfo {
  const byKey = rules.find(({ id, name }) => id === wanted || name === wanted);
  if (byKey !== undefined) return byKey;
  const byTitle = rules.filter(({ title }) => title.toLowerCase() === wanted.toLowerCase());
  const [only] = byTitle;
  if (only !== undefined && byTitle.length === 1) return only;
  const near = nearest(
    wanted,
    rules.flatMap(({ id, name, title }) => [id, name ?? id, title]),
  );
  const hint =
    near === undefined ? "See the rules with: firebreak rules check --json" : `Did you mean ${printable(near)}?`;
  throw new OperatorError(`There is no rule ${printable(wanted)} among ${rules.length}.`, hint);
}
