import { writeFileSync } from "node:fs";
import path from "node:path";
import { compile } from "../packages/sigma/dist/index.js";
import { drawGrowth } from "./lib/draw-growth.mjs";
import { loadRules, ratesOf, readLane, requireData, times } from "./lib/sigma-data.mjs";
import { summarize } from "./lib/statistics.mjs";

const ROUNDS = 3;
const RULES = [10, 30, 100, 300, 1000, 3132];
const KEYS = [1, 10, 100, 1000, 10_000, 50_000];
const BYTES = [250, 500, 1000, 2000, 4000, 8000, 16_000];
const UPDATES = 50_000;

/** How the engine's rate falls as what it has to do grows; also drawn, into bench/sigma-growth.svg. */
export async function run() {
  requireData();
  const series = [
    { title: "rules (structured_windows, unrouted)", unit: "events/s", points: growByRules() },
    { title: "groups of an event_count", unit: "updates/s", points: growByKeys() },
    { title: "bytes of an event (3,132 rules)", unit: "events/s", points: growByBytes() },
  ];
  writeFileSync(path.join(import.meta.dirname, "sigma-growth.svg"), drawGrowth(series));
  return series.flatMap(({ title, unit, points }) =>
    points.map(({ at, values, note }) => ({ what: `${at.toLocaleString("en")} ${title}`, unit, values, note })),
  );
}

/** Every so many-th rule, so that each size has its share of every product. */
function growByRules() {
  const sources = loadRules("sigmahq/rules");
  const lines = readLane("structured_windows");
  return RULES.map((at) => {
    const chosen = Array.from({ length: at }, (_, index) => sources[Math.floor((index * sources.length) / at)]);
    return { at, values: ratesOf(compile(chosen), lines, ROUNDS) };
  });
}

const RULE = `
title: B
id: b
logsource: { product: p }
detection:
  s: { kind: x }
  condition: s
---
title: C
id: c
correlation:
  type: event_count
  rules: [b]
  group-by: [user]
  timespan: 1h
  condition: { gt: 1000000 }
`;

function growByKeys() {
  const logsource = { product: "p" };
  return KEYS.map((at) => {
    const limits = { groupsPerRuleMax: 200_000, groupsPerTenantMax: 200_000 };
    const engine = compile([{ name: "c.yml", text: RULE }]).createEngine(limits);
    const events = Array.from({ length: UPDATES }, (_, index) => ({
      presentations: [{ logsource, fields: { kind: "x", user: `user-${index % at}` } }],
    }));
    let time = 0;
    const round = () => events.forEach((event) => engine.evaluate(event, { time: (time += 10), id: "event" }));
    return { at, values: times(round, ROUNDS).map((ms) => (events.length / ms) * 1000) };
  });
}

/** The lane's command lines grow by words that repeat seldom, up to the size that is wanted. */
function growByBytes() {
  const ruleset = compile(loadRules("sigmahq/rules"));
  const lane = readLane("structured_windows").slice(0, 500);
  return BYTES.map((at) => {
    let word = 0;
    const lines = lane.map((line) => {
      const { EventID, CommandLine, Image, ParentImage } = JSON.parse(line);
      const fields = { EventID, Image, ParentImage, CommandLine };
      const missing = at - JSON.stringify(fields).length;
      let more = "";
      while (more.length < missing) more += ` --option-${(word += 7)}=value${word % 997}`;
      return JSON.stringify({ ...fields, CommandLine: CommandLine + more.slice(0, Math.max(0, missing)) });
    });
    const bytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
    const values = ratesOf(ruleset, lines, ROUNDS);
    const megabytes = Math.round((summarize(values).median * bytes) / 1e6);
    return { at, values, note: `${megabytes} MB/s` };
  });
}
