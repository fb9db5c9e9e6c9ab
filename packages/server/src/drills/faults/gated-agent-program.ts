/**
 * An agent behind a gate: `gated-agent-program.js FILE`. Asks its gate for one call after the other, as a loop of tools does, and
 * writes down what it was answered; for two minutes at most. It was started by `firebreak run`, which tells it who it is.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createGate, gateOptionsFrom } from "@firebreak/sdk";
import { processEnvironment } from "../../kernel/index.ts";

const LIFE_SECONDS = 120;
const CALL_EVERY_MS = 200;

const gate = createGate(gateOptionsFrom(processEnvironment()));
for (let i = 0; i < (LIFE_SECONDS * 1000) / CALL_EVERY_MS; i++) {
  const begun = gate.begin({ tool: "sessions.list" });
  if (begun.allowed) begun.end();
  appendFileSync(process.argv[2] ?? "", begun.allowed ? "allowed\n" : `denied: ${begun.denial}\n`);
  await sleep(CALL_EVERY_MS);
}
