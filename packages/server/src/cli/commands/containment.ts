import { containmentReport, containmentView, pageOf, reactionView } from "@firebreak/protocol";
import type { ContainmentReport, ContainmentView, ReactionRadius, ReactionView } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";
import { readDuration } from "../read-time.ts";

const HOUR_MS = 3_600_000;
const HOURS_MAX = 31 * 24;
const LIMIT = { min: 1, max: 500 };

const rules: Command = {
  name: "containment rules",
  summary: "what acts by itself, in which mode, and the guard rails",
  description: [
    "Rules stand in the profile: under containment, and as playbooks that detectors bind. To change a rule's mode (observe, ask, " +
      "act), edit the profile and start the server again.",
  ],
  examples: ["firebreak containment rules", "firebreak containment rules --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const view = await client.get(containmentView, "/containment");
    output.result(view);
    printRules(output, view);
    return EXIT.ok;
  },
};

function printRules(output: Output, { rules: all, limits, used, waiting }: ContainmentView): void {
  const { style } = output;
  if (all.length === 0) output.line("The profile has no rule that acts by itself.");
  else {
    output.table(
      ["RULE", "MODE", "DOES", "WHEN", "24 H: ACTED", "ASKED", "HELD", "WOULD HAVE"],
      all.map(({ name, mode, what, trigger, counts }) => [
        printable(name),
        mode,
        printable(what),
        printable(trigger),
        String(counts.acted),
        String(counts.asked),
        String(counts.held),
        String(counts.observed),
      ]),
    );
  }
  for (const { name, problem } of all)
    if (problem !== null) output.line(style.red(`${printable(name)} cannot act: ${printable(problem)}`));
  output.line(
    `Guard rails: ${used.actionsThisHour} of ${limits.actionsPerHour} acts this hour (${limits.actionsPerRulePerHour} a rule), ` +
      `${used.agentsThisHour} of ${used.agentsAllowed} agents (${used.agentsActive} active), ` +
      `${limits.quietMinutes} min quiet after a resume, nothing told more than ${limits.lateMinutes} min late.`,
  );
  if (waiting > 0) output.line(style.yellow(`${waiting} wait for a person: firebreak approvals list`));
}

const list: Command = {
  name: "containment list",
  summary: "what automatic containment did, asked, or would have done",
  options: {
    incident: { type: "string", value: "ID", summary: "only of this incident" },
    limit: { type: "string", value: "N", summary: "no more than N (50)" },
  },
  examples: ["firebreak containment list", "firebreak containment list --incident INC-2026-0001 --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const incident = args.text("incident");
    const filter = incident === undefined ? "" : `incident=${encodeURIComponent(incident)}&`;
    const page = await client.get(
      pageOf(reactionView),
      `/reactions?${filter}limit=${args.count("limit", LIMIT) ?? 50}`,
    );
    output.result(page);
    if (page.items.length === 0) output.line("Nothing was decided yet.");
    else printReactions(output, page.items);
    return EXIT.ok;
  },
};

function printReactions(output: Output, reactions: readonly ReactionView[]): void {
  output.table(
    ["AT (UTC)", "STATE", "WHAT", "ON", "RULE", "INCIDENT", "WHY"],
    reactions.map((one) => [
      timeText(one.at),
      one.state,
      printable(one.what),
      printable(one.target),
      printable(one.rule),
      one.incidentId ?? "-",
      printable(one.railReason ?? one.message ?? one.title),
    ]),
  );
}

const report: Command = {
  name: "containment report",
  summary: "what would have happened, and what did, in a day",
  description: [
    "For rules in the mode observe: how often each would have acted, on whom, and what a guard rail would have held back. Read " +
      "it before you let a rule act.",
  ],
  options: { since: { type: "string", value: "TIME", summary: "how far back: 24h (the default), 7d, 31d at most" } },
  examples: ["firebreak containment report", "firebreak containment report --since 7d --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const text = args.text("since") ?? "24h";
    const hours = Math.ceil((readDuration(text) ?? Number.NaN) / HOUR_MS);
    if (!(hours >= 1 && hours <= HOURS_MAX))
      throw usageError(report, `--since takes a time such as 24h or 7d, 31d at most, not "${printable(text)}".`);
    const found = await client.get(containmentReport, `/containment/report?hours=${hours}`);
    output.result(found);
    printReport(output, found);
    return EXIT.ok;
  },
};

function printReport(output: Output, { from, rules: all, blastRadius, reactions, total }: ContainmentReport): void {
  const { style } = output;
  if (all.length === 0) {
    output.line(`Since ${timeText(from)} UTC nothing set off automatic containment.`);
    return;
  }
  output.table(
    ["RULE", "ALERT", "MODE", "DOES", "WOULD HAVE", "ACTED", "ASKED", "FAILED", "AGENTS", "GUARD RAILS"],
    all.map((one) => [
      printable(one.name),
      printable(one.title),
      one.mode,
      printable(one.what),
      String(one.observed),
      String(one.acted),
      String(one.asked + one.held),
      String(one.failed),
      String(one.agents),
      Object.entries(one.rails)
        .map(([rail, count]) => `${rail} ${count}`)
        .join(", ") || "-",
    ]),
  );
  output.line(style.bold(`Touched, or would have been: ${radiusText(blastRadius)}`));
  const observed = reactions.filter((one) => one.state === "observed").slice(0, 20);
  if (observed.length > 0) printReactions(output, observed);
  if (total > reactions.length) output.line(`The newest ${reactions.length} of ${total} are in --json.`);
}

const NAMES_SHOWN = 10;

function radiusText(radius: ReactionRadius): string {
  const kinds = ["agents", "hosts", "services", "addresses"] as const;
  const parts = kinds
    .filter((kind) => radius[kind].length > 0)
    .map((kind) => {
      const names = radius[kind].slice(0, NAMES_SHOWN).map(printable).join(", ");
      return `${radius[kind].length} ${kind} (${names}${radius[kind].length > NAMES_SHOWN ? ", …" : ""})`;
    });
  return parts.join("; ") || "nothing that is known by name";
}

export const containmentCommands: readonly Command[] = [rules, list, report];
