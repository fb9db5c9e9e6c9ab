import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { presentEvent } from "../packages/server/dist/detection/index.js";
import { compile } from "../packages/sigma/dist/index.js";

const DATA = path.resolve(import.meta.dirname, "../../shared/data");
const ROUNDS = 12;
/** Rounds that only warm up: the engine chooses what it watches, and the compiler its code. */
const WARM_UP = 4;

/** Events per second by lane: without and with routing by log source. */
const LANES = [
  { lane: "structured_windows", min: [120_000, 150_000] },
  { lane: "sysmon_file_event", min: [200_000, undefined] },
  { lane: "mixed_schema", min: [220_000, undefined] },
];

/** The Sigma engine on one core: public rules on public lanes, JSON text in, matches out. Needs the data beside the project. */
export async function run() {
  if (!existsSync(DATA)) throw new Error(`the public rules and lanes are read from ${DATA}, which is not there`);
  const sources = loadRules("sigmahq/rules");
  const rows = [measureLoad(sources)];
  const ruleset = compile(sources);
  for (const { lane, min } of LANES) {
    const lines = readLane(lane);
    const parse = median(times(() => lines.forEach((line) => JSON.parse(line)))) / lines.length;
    const parseRate = Math.round(1000 / parse);
    const note = `JSON.parse alone does ${parseRate} events/s here (the budgets were set where it does a third more)`;
    for (const [index, routing] of [false, true].entries()) {
      const values = rate(ruleset, lines, routing);
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

function loadRules(folder) {
  const root = path.join(DATA, folder);
  const names = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".yml"));
  return names.map((name) => ({ name, text: readFileSync(path.join(root, name), "utf8") }));
}

function readLane(lane) {
  const file = path.join(DATA, "lanes", `${lane}.ndjson.gz`);
  return gunzipSync(readFileSync(file)).toString().split("\n").filter(Boolean);
}

function measureLoad(sources) {
  const values = [];
  let rules = 0;
  for (let round = 0; round < 5; round++) {
    const startedMs = performance.now();
    rules = compile(sources).rules.length;
    values.push(performance.now() - startedMs);
  }
  const memoryMb = Math.round(process.memoryUsage().rss / 2 ** 20);
  const firstMs = Math.round(values[0]);
  const note = `${rules} rules; the first time ${firstMs} ms; the process has ${memoryMb} MB after five times`;
  return { what: "compile the public rules", unit: "ms", values, budget: { max: 1500 }, note };
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
  return times(round).map((ms) => (lines.length / ms) * 1000);
}

const EVERY = {};

/** The engine keeps an index for each logsource object, so equal ones are one. */
function logsourceOf({ product, category, service }, known) {
  const key = `${product}|${category}|${service}`;
  if (!known.has(key)) known.set(key, JSON.parse(JSON.stringify({ product, category, service })));
  return known.get(key);
}

function times(round) {
  const values = [];
  for (let count = -WARM_UP; count < ROUNDS; count++) {
    const startedMs = performance.now();
    round();
    if (count >= 0) values.push(performance.now() - startedMs);
  }
  return values;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

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
    const startedMs = performance.now();
    for (const line of lines) {
      const presentations = [{ logsource: EVERY, fields: JSON.parse(line) }];
      for (const engine of engines) engine.evaluate({ presentations }, { time: 0, id: "event" });
    }
    if (round > 0) values.push((lines.length / (performance.now() - startedMs)) * 1000);
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
    const values = times(() => events.forEach((event) => engine.evaluate(event, { time: (time += 10), id: "event" })));
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
    const startedMs = performance.now();
    engine.evaluate(presentEvent({ ...event, data: { content } }), { time: number, id: "event" });
    if (number >= 1000) values.push((performance.now() - startedMs) * 1000);
  }
  const what = "one prompt of 1 KB, shipped and public agent rules";
  return { what, unit: "µs", values, budget: { max: 1000, at: "p99" }, note: `${ruleset.rules.length} rules` };
}
