/**
 * The intruder of the fault gateway-broken-into: `gateway-intruder-program.js URL GUESSES STOLEN FILE`. Guesses tokens, then uses
 * the one that lies in a file, over and over for two minutes at most, and writes down what it is answered.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const LIFE_SECONDS = 120;
const EVERY_MS = 250;

const [url = "", guesses = "0", stolen = "", file = ""] = process.argv.slice(2);

async function knock(bearer: string): Promise<void> {
  const headers = { authorization: `Bearer ${bearer}` };
  const status = await globalThis.fetch(url, { headers, signal: AbortSignal.timeout(2000) }).then(
    async (response) => {
      await response.body?.cancel();
      return String(response.status);
    },
    () => "no answer",
  );
  appendFileSync(file, `${status}\n`);
}

for (let i = 0; i < Number(guesses); i++) await knock(`guess-${i}`);
const token = readFileSync(stolen, "utf8");
const endMs = performance.now() + LIFE_SECONDS * 1000;
while (performance.now() < endMs) {
  await knock(token);
  await sleep(EVERY_MS);
}
