import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { presentEvent } from "../packages/server/dist/detection/index.js";
import { compile } from "../packages/sigma/dist/index.js";
import { EVERY, loadRules, processorMs, readLane, readLaneFile, requireData, times } from "./lib/sigma-data.mjs";
import { summarize } from "./lib/statistics.mjs";

const ROUNDS = 12;

/** Events per second by lane: without and with routing by log source. */
const LANES = [
  { lane: "structured_windows", min: [120_000, 150_000] },
  { lane: "sysmon_file_event", min: [200_000, undefined] },
  { lane: "mixed_schema", min: [220_000, undefined] },
];

/**
 * The Sigma engine on one core: public rules on public lanes, JSON text in, matches out, by its processor time, so that
 * other work on the machine counts little. Needs the data beside the project.
 */
export async function run() {
  requireData();
  const sources = loadRules("sigmahq/rules");
  const rows = [measureLoad()];
  const ruleset = compile(sources);
  for (const { lane, min } of LANES) {
    const lines = readLane(lane);
    checkFindings(ruleset, lane, lines);
    const parseMs = summarize(times(() => lines.forEach((line) => JSON.parse(line)), ROUNDS)).median;
    const parseRate = Math.round((lines.length / parseMs) * 1000);
    for (const [index, routing] of [false, true].entries()) {
      const values = rate(ruleset, lines, routing);
      const share = Math.round((summarize(values).median / parseRate) * 100);
      const note = `by processor time, as all rates here; JSON.parse alone does ${parseRate} events/s in this run, so ${share} % of that`;
      const budget = min[index] === undefined ? {} : { budget: { min: min[index] } };
      rows.push({
        what: `${lane}, ${routing ? "routed" : "every rule on every event"}`,
        unit: "events/s",
        values,
        ...budget,
        note,
      });
    }
  }
  rows.push(...measureUnique(ruleset), measureNaive(ruleset), ...measureCorrelations(), measurePrompts());
  return rows;
}

/** From texts in memory to the first event's matches, each time in a fresh process. */
function measureLoad() {
  const program = path.join(import.meta.dirname, "lib/load-public-rules.mjs");
  const loads = Array.from({ length: 5 }, () => JSON.parse(execFileSync(process.execPath, [program])));
  const median = (name) => Math.round(summarize(loads.map((load) => load[name])).median);
  const note = `${median("rules")} rules; ${median("compileMs")} ms of it compile them, the rest makes the index of the first event's fields; the process grows by ${median("loadedMb")} MB, by ${median("workedMb")} MB after 10,000 events`;
  const values = loads.map((load) => load.readyMs);
  return { what: "load the public rules, to the first event judged", unit: "ms", values, budget: { max: 1500 }, note };
}

/** Nothing is worth measuring that finds other rules than the two engines that the lanes come from. */
function checkFindings(ruleset, lane, lines) {
  const engine = ruleset.createEngine({ logsourceRouting: false });
  const expected = readLaneFile(`${lane}.expected.txt.gz`);
  for (const [index, line] of lines.entries()) {
    const matches = engine.evaluate(
      { presentations: [{ logsource: EVERY, fields: JSON.parse(line) }] },
      { time: 0, id: "event" },
    );
    const found = matches.map(({ ruleId }) => ruleId).sort();
    if (found.join() !== expected[index]) throw new Error(`${lane}, line ${index + 1}: other rules than expected`);
  }
}

/** @returns events per second of each round after the warm-up */
function rate(ruleset, lines, routing) {
  const engine = ruleset.createEngine({ logsourceRouting: routing });
  const logsources = new Map();
  const round = () => {
    for (const line of lines) {
      const fields = JSON.parse(line);
      const logsource = routing ? logsourceOf(fields, logsources) : EVERY;
      engine.evaluate({ presentations: [{ logsource, fields }] }, { time: 0, id: "event" });
    }
  };
  return times(round, ROUNDS).map((ms) => (lines.length / ms) * 1000);
}

/** The engine keeps an index for each logsource object, so equal ones are one. */
function logsourceOf({ product, category, service }, known) {
  const key = `${product}|${category}|${service}`;
  if (!known.has(key)) known.set(key, JSON.parse(JSON.stringify({ product, category, service })));
  return known.get(key);
}

/** What is remembered of texts is worth nothing when every text is new. */
function measureUnique(ruleset) {
  let number = 0;
  const lines = readLane("structured_windows").map((line) => {
    const fields = JSON.parse(line);
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === "string" && !["product", "category"].includes(name)) fields[name] = `${value} ${number++}`;
    }
    return JSON.stringify(fields);
  });
  const what = "structured_windows with every text made different";
  return [
    { what: `${what}, every rule on every event`, unit: "events/s", values: rate(ruleset, lines, false) },
    { what: `${what}, routed`, unit: "events/s", values: rate(ruleset, lines, true) },
  ];
}

/** A peer: each rule as one function of the event, one after another, as most small engines do it. */
function measureNaive(ruleset) {
  const lines = readLane("structured_windows").slice(0, 20);
  const engines = loadRules("sigmahq/rules").map((source) =>
    compile([source]).createEngine({ logsourceRouting: false }),
  );
  const values = [];
  for (let round = 0; round < 6; round++) {
    const startedMs = processorMs();
    for (const line of lines) {
      const presentations = [{ logsource: EVERY, fields: JSON.parse(line) }];
      for (const engine of engines) engine.evaluate({ presentations }, { time: 0, id: "event" });
    }
    if (round > 0) values.push((lines.length / (processorMs() - startedMs)) * 1000);
  }
  const note = `${ruleset.rules.length} engines of one rule each`;
  return { what: "structured_windows, one rule after another (peer)", unit: "events/s", values, note };
}

const BASE = "title: B\nid: b\nlogsource: { product: p }\ndetection:\n  s: { kind: x }\n  condition: s\n---\n";

function measureCorrelations() {
  const correlation = (body) =>
    `${BASE}title: C\nid: c\ncorrelation:\n  rules: [b]\n  group-by: [user]\n  timespan: 1h\n${body}`;
  const cases = [
    ["event_count", "  type: event_count\n  condition: { gt: 100000 }"],
    ["value_count", "  type: value_count\n  condition: { field: value, gt: 100000 }"],
  ];
  return cases.map(([type, body]) => {
    const engine = compile([{ name: "c.yml", text: correlation(body) }]).createEngine();
    const logsource = { product: "p" };
    const events = Array.from({ length: 50_000 }, (_, index) => ({
      presentations: [{ logsource, fields: { kind: "x", user: "u", value: `v${index % 2000}` } }],
    }));
    let time = 0;
    const evaluateAll = () => events.forEach((event) => engine.evaluate(event, { time: (time += 10), id: "event" }));
    const values = times(evaluateAll, ROUNDS);
    const what = `${type} over 2,000 distinct values in one group`;
    return {
      what,
      unit: "updates/s",
      values: values.map((ms) => (events.length / ms) * 1000),
      budget: { min: 1_000_000 },
    };
  });
}

/** One prompt of 1 KB, presented as the server does it, against the shipped and the public agent rules, in µs. */
function measurePrompts() {
  const shipped = readdirSync(path.resolve(import.meta.dirname, "../rules/agent"))
    .filter((name) => /^[^.]+\.yml$/.test(name))
    .map((name) => ({ name, text: readFileSync(path.resolve(import.meta.dirname, "../rules/agent", name), "utf8") }));
  const placeholders = { allowed_hosts: ["localhost"], vpn_networks: ["10.0.0.0/8"] };
  const ruleset = compile([...shipped, ...loadRules("agent-rules")], { placeholders });
  const engine = ruleset.createEngine();
  const agent = { id: "a" };
  const values = [];
  for (let number = 0; number < 6000; number++) {
    const words = Array.from({ length: 150 }, (_, at) => `word${(number * 7 + at * at) % 5000}`).join(" ");
    const content = `Please read ${words}`.slice(0, 1024).padEnd(1024, ".");
    const event = {
      seq: number,
      id: "e",
      time: "",
      receivedTime: "",
      source: "bench",
      agent,
      kind: "prompt",
      outcome: "success",
    };
    const startedMs = processorMs();
    engine.evaluate(presentEvent({ ...event, data: { content } }), { time: number, id: "event" });
    if (number >= 1000) values.push((processorMs() - startedMs) * 1000);
  }
  const what = "one prompt of 1 KB, shipped and public agent rules";
  return { what, unit: "µs", values, budget: { max: 1000, at: "p99" }, note: `${ruleset.rules.length} rules` };
}
