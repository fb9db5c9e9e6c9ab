/**
 * Floods an address from another host: `flooding-program.js URL CONNECTIONS FILE`. So many connections ask, wait for the answer and
 * ask again; for two minutes at most.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const LIFE_MS = 120_000;
const TIMEOUT_MS = 20_000;
/** When nobody answers at once. */
const PAUSE_MS = 500;

const [url = "", connections = "1", file = ""] = process.argv.slice(2);
const endMs = performance.now() + LIFE_MS;

async function ask(): Promise<void> {
  while (performance.now() < endMs) {
    try {
      const response = await globalThis.fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      await response.body?.cancel();
      appendFileSync(file, `${response.status}\n`);
    } catch {
      await sleep(PAUSE_MS);
    }
  }
}

await Promise.all(Array.from({ length: Number(connections) }, ask));
