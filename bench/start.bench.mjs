import { makeTempDir, removeDir, startFirebreak } from "./lib/firebreak.mjs";

const HOMES = 5;
const LATER_STARTS = 2;

/** Wall clock from the spawn of `firebreak up` to `GET /health` 200, in a fresh home and again; and the clean stop. */
export async function run() {
  const firstMs = [];
  const laterMs = [];
  const stopMs = [];
  for (let i = 0; i < HOMES; i++) {
    const home = makeTempDir();
    try {
      for (let start = 0; start <= LATER_STARTS; start++) {
        const server = await startFirebreak(home);
        (start === 0 ? firstMs : laterMs).push(server.healthyAfterMs);
        stopMs.push(await server.stop());
      }
    } finally {
      removeDir(home);
    }
  }
  return [
    { what: "start to healthy, fresh home", unit: "ms", values: firstMs, budget: { max: 8000 } },
    { what: "start to healthy, existing data", unit: "ms", values: laterMs, budget: { max: 2000 } },
    { what: "clean stop (SIGTERM to nothing left)", unit: "ms", values: stopMs },
  ];
}
