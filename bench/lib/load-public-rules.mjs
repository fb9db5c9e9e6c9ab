// Loads the public rules in a process of its own and prints as JSON what that took: processor time of the main thread,
// which is what a person waits for where another core collects garbage.
//
//   node bench/lib/load-public-rules.mjs
import { readFileSync } from "node:fs";
import { EVERY, loadRules, readLane } from "./sigma-data.mjs";

const sources = loadRules("sigmahq/rules");
const lines = readLane("structured_windows");
const before = process.memoryUsage().rss;
const startedMs = mainThreadMs();
const { compile } = await import("../../packages/sigma/dist/index.js");
const ruleset = compile(sources);
const compiledMs = mainThreadMs();
const engine = ruleset.createEngine({ logsourceRouting: false });
const evaluate = (line) => {
  const presentations = [{ logsource: EVERY, fields: JSON.parse(line) }];
  engine.evaluate({ presentations }, { time: 0, id: "event" });
};
evaluate(lines[0]);
const readyMs = mainThreadMs();
const loaded = process.memoryUsage().rss;
for (const line of lines) evaluate(line);
process.stdout.write(
  JSON.stringify({
    rules: ruleset.rules.length,
    compileMs: compiledMs - startedMs,
    readyMs: readyMs - startedMs,
    loadedMb: (loaded - before) / 2 ** 20,
    workedMb: (process.memoryUsage().rss - before) / 2 ** 20,
  }),
);

function mainThreadMs() {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, "utf8");
  const fields = stat.split(") ").at(-1).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
