// Loads the public rules in a process of its own and prints as JSON what that took.
//
//   node bench/lib/load-public-rules.mjs
import { EVERY, loadRules, processorMs, readLane } from "./sigma-data.mjs";

const sources = loadRules("sigmahq/rules");
const lines = readLane("structured_windows");
const before = process.memoryUsage().rss;
const startedMs = processorMs();
const { compile } = await import("../../packages/sigma/dist/index.js");
const ruleset = compile(sources);
const compiledMs = processorMs();
const engine = ruleset.createEngine({ logsourceRouting: false });
const evaluate = (line) => {
  const presentations = [{ logsource: EVERY, fields: JSON.parse(line) }];
  engine.evaluate({ presentations }, { time: 0, id: "event" });
};
evaluate(lines[0]);
const readyMs = processorMs();
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
