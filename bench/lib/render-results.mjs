/** @returns the results as a page of Markdown */
export function renderResults({ machine, benchmarks }, names) {
  const { cpu, cores, memoryGb, node, kernel } = machine;
  const known = names.filter((name) => benchmarks[name] !== undefined);
  return [
    "# Measured",
    "",
    "Written by `npm run bench`; budgets are those of the design. Do not edit.",
    "",
    `Machine: ${cpu}, ${cores} cores, ${memoryGb} GB memory, Node ${node}, Linux ${kernel}.`,
    "",
    "Medians, with the smallest and largest value and their number; a budget at p95 or p99 is held against that, of which",
    "the p99 of fewer than 100 values is the largest. The load is the machine's one-minute average when a benchmark began and when it",
    "ended: what stands there at the beginning is other work, which takes processor time from the server, the agents and",
    "the load generator. Rates and times are comparable within one benchmark of one run only.",
    ...known.flatMap((name) => renderBenchmark(name, benchmarks[name])),
    "",
  ].join("\n");
}

function renderBenchmark(name, { at, commit, load, rows, failure }) {
  const head = [
    "",
    `## ${name}`,
    "",
    `${at.slice(0, 16).replace("T", " ")} UTC, commit ${commit}, load ${describeLoad(load)}.`,
    "",
  ];
  if (failure !== undefined) return [...head, `Not measured: ${failure}.`];
  const columns = ["| what | budget | measured | verdict |", "|---|---|---|---|"];
  const notes = rows.flatMap(({ what, peer, note }) =>
    [peer, note].filter(Boolean).map((text) => `- ${what}: ${text}.`),
  );
  return [...head, ...columns, ...rows.map(renderRow), ...(notes.length > 0 ? ["", ...notes] : [])];
}

function describeLoad({ before, after }) {
  return `${before.toFixed(1)} before, ${after.toFixed(1)} after`;
}

function renderRow({ what, unit, budget, stats, verdict }) {
  const { median, min, max, n } = stats;
  const at = budget?.at === undefined ? "" : `, ${budget.at} ${stats[budget.at]}`;
  const measured = `${median} ${unit} (${min}–${max}, n ${n}${at})`;
  return `| ${what} | ${describeBudget(budget, unit)} | ${measured} | ${verdict ?? ""} |`;
}

function describeBudget(budget, unit) {
  if (budget === undefined) return "";
  const { max, min, at = "median" } = budget;
  const limit = max === undefined ? `≥ ${min}` : `≤ ${max}`;
  return `${limit} ${unit}${at === "median" ? "" : ` at ${at}`}`;
}
