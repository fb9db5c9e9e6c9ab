import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";

/** Public rules and lanes lie beside the project on the machines that have them. */
export const DATA = path.resolve(import.meta.dirname, "../../../shared/data");

export function requireData() {
  if (!existsSync(DATA)) throw new Error(`the public rules and lanes are read from ${DATA}, which is not there`);
}

export function loadRules(folder) {
  const root = path.join(DATA, folder);
  const names = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".yml"));
  return names
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => ({ name, text: readFileSync(path.join(root, name), "utf8") }));
}

export const readLane = (lane) => readLaneFile(`${lane}.ndjson.gz`).filter(Boolean);

export function readLaneFile(name) {
  return gunzipSync(readFileSync(path.join(DATA, "lanes", name)))
    .toString()
    .split("\n");
}

/** For an engine that is asked to test every rule on every event. */
export const EVERY = {};

/** Rounds that only warm up: the engine chooses what it watches, and the compiler its code. */
const WARM_UP = 4;

/** Processor time of this process, ms: what an engine on one core costs, whatever else the machine does meanwhile. */
export function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** @returns processor time of each round after the warm-up, ms */
export function times(round, rounds) {
  const values = [];
  for (let count = -WARM_UP; count < rounds; count++) {
    const startedMs = processorMs();
    round();
    if (count >= 0) values.push(processorMs() - startedMs);
  }
  return values;
}

/** @returns events per second of processor time, of each round: JSON text in, matches out, every rule on every event */
export function ratesOf(ruleset, lines, rounds) {
  const engine = ruleset.createEngine({ logsourceRouting: false });
  const round = () => {
    for (const line of lines) {
      const presentations = [{ logsource: EVERY, fields: JSON.parse(line) }];
      engine.evaluate({ presentations }, { time: 0, id: "event" });
    }
  };
  return times(round, rounds).map((ms) => (lines.length / ms) * 1000);
}
