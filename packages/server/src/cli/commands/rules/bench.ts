import path from "node:path";
import type { Command } from "../../command.ts";
import { readAllRecords } from "../../detect/read-records.ts";
import { ALWAYS, EXIT } from "../../exit-codes.ts";
import { dataDir } from "../../installation.ts";
import { printable } from "../../printable.ts";
import { DIRECTORIES, loadPlaces } from "./places.ts";

const EVENTS_MAX = 100_000;
/** Of those, each rule alone is asked about this many. */
const COST_EVENTS_MAX = 1_000;
const TOP_DEFAULT = 10;

export const benchCommand: Command = {
  name: "rules bench",
  summary: "measure how fast rules are, and which cost most",
  description: [
    "Loads the rules, asks them all about the events (those of --events, else a shipped sample of everyday events of " +
      "agents), and then each rule alone. The engine shares work among rules, so the costs of rules alone sum up to far " +
      "more than all of them together.",
    "No server is needed. Other work on the machine makes the figures worse: run it twice.",
  ],
  positionals: [DIRECTORIES],
  options: {
    events: { type: "string", value: "FILE", summary: "a file of events; - is standard input" },
    top: { type: "string", value: "N", summary: `rules that are listed (${TOP_DEFAULT})` },
  },
  examples: ["firebreak rules bench", "firebreak rules bench ./rules --events events.ndjson --top 20"],
  exits: ALWAYS,
  run: async (context) => {
    const { args, clock, output } = context;
    const top = args.count("top", { min: 1, max: 10_000 }) ?? TOP_DEFAULT;
    const startMs = clock.monotonicMs();
    const { ruleset, errors } = await loadPlaces(context, args.positionals);
    const loadMs = Math.round(clock.monotonicMs() - startMs);
    const sample = path.join(dataDir(), "rules/sample-events.ndjson");
    const records = await readAllRecords(args.text("events") ?? sample, process.stdin, EVENTS_MAX);
    const { measureCosts, measureThroughput, presentRecords } = await import("../../../workshop/index.ts");
    const present = () => presentRecords(records).map(({ event }) => event);
    const throughput = measureThroughput(ruleset, present, clock);
    const titles = new Map(ruleset.rules.map(({ id, title }) => [id, title]));
    const costs = measureCosts(ruleset, present().slice(0, COST_EVENTS_MAX), clock).slice(0, top);
    output.result({ rules: ruleset.rules.length, faults: errors.length, loadMs, ...throughput, costs });
    output.line(`${ruleset.rules.length} rule(s) loaded in ${loadMs} ms, ${errors.length} fault(s).`);
    output.line(
      `${throughput.eventsPerSecond.toLocaleString("en")} events/s over ${throughput.events} event(s), ${throughput.matches} match(es).`,
    );
    output.line("");
    output.table(
      ["µs/event alone", "rule", "id"],
      costs.map(({ ruleId, microsPerEvent }) => [
        microsPerEvent.toFixed(2),
        printable(titles.get(ruleId) ?? ""),
        printable(ruleId),
      ]),
    );
    return EXIT.ok;
  },
};
