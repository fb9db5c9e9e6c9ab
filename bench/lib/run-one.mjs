// Runs one benchmark and prints its rows as JSON: values become statistics, and a budget becomes a verdict.
//
//   node bench/lib/run-one.mjs NAME
import { percentile, summarize } from "./statistics.mjs";

const { run } = await import(`../${process.argv[2]}.bench.mjs`);
const rows = (await run()).map(({ values, ...row }) => {
  const stats = { ...summarize(values), p95: percentile(values, 0.95), p99: percentile(values, 0.99) };
  for (const [name, value] of Object.entries(stats)) stats[name] = roundSensibly(value);
  return { ...row, stats, verdict: judge(row.budget, stats) };
});
process.stdout.write(JSON.stringify(rows));

/** A budget holds for the median, or for what `at` names. @returns "met", "not met", or null without a budget */
function judge(budget, stats) {
  if (budget === undefined) return null;
  const value = stats[budget.at ?? "median"];
  return value <= (budget.max ?? Infinity) && value >= (budget.min ?? -Infinity) ? "met" : "not met";
}

/** Three digits say all that a benchmark can say. */
function roundSensibly(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
