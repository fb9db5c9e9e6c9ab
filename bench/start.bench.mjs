import { makeTempDir, removeDir, startFirebreak } from "./lib/firebreak.mjs";
import { processorMsOf, treeOf } from "./lib/processes.mjs";
import { summarize } from "./lib/statistics.mjs";

const HOMES = 5;
const LATER_STARTS = 1;

/** Wall clock from the spawn of `firebreak up` to `GET /health` 200, in a fresh home and again; and the clean stop. */
export async function run() {
  const first = [];
  const later = [];
  const stopMs = [];
  for (let i = 0; i < HOMES; i++) {
    const home = makeTempDir();
    try {
      for (let start = 0; start <= LATER_STARTS; start++) {
        const server = await startFirebreak(home);
        const processorMs = treeOf(server.pid).reduce((sum, pid) => sum + processorMsOf(pid), 0);
        (start === 0 ? first : later).push({ healthyAfterMs: server.healthyAfterMs, processorMs });
        stopMs.push(await server.stop());
      }
    } finally {
      removeDir(home);
    }
  }
  return [
    toRow("start to healthy, fresh home", first, 8000),
    toRow("start to healthy, existing data", later, 2000),
    { what: "clean stop (SIGTERM to nothing left)", unit: "ms", values: stopMs },
  ];
}

/** The processor time says what a start costs, however much else the machine does meanwhile. */
function toRow(what, starts, max) {
  const { median } = summarize(starts.map(({ processorMs }) => processorMs));
  const values = starts.map(({ healthyAfterMs }) => healthyAfterMs);
  return { what, unit: "ms", values, budget: { max }, note: `processor time until then ${median} ms (median)` };
}
