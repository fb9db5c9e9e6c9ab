/**
 * The intruder of the fault gateway-broken-into: `gateway-intruder-program.js URL GUESSES STOLEN FILE`. Guesses tokens, then uses
 * the one that lies in a file, over and over for two minutes at most, and writes down what it is answered.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { knock } from "./knock.ts";

const LIFE_SECONDS = 120;
const EVERY_MS = 250;

const [url = "", guesses = "0", stolen = "", file = ""] = process.argv.slice(2);

async function tryIt(token: string): Promise<void> {
  appendFileSync(file, `${await knock(url, token)}\n`);
}

for (let i = 0; i < Number(guesses); i++) await tryIt(`guess-${i}`);
const token = readFileSync(stolen, "utf8");
const endMs = performance.now() + LIFE_SECONDS * 1000;
while (performance.now() < endMs) {
  await tryIt(token);
  await sleep(EVERY_MS);
}
