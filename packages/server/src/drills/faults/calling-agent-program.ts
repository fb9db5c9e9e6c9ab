/**
 * An agent that calls a service again and again: `calling-agent-program.js SETTINGS`. It asks Firebreak's gate before each call,
 * says of each how it ended, and reads its settings again between calls, so that a person can mend it while it runs. It stays
 * for two minutes at most.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createGate, gateOptionsFrom } from "@firebreak/sdk";
import { processEnvironment, systemClock, toIso } from "../../kernel/index.ts";
import { fetchLoopback } from "../sandbox/fetch-loopback.ts";
import { callingAgentSettings } from "./calling-agent.ts";
import type { CallingAgentSettings } from "./calling-agent.ts";

const LIFE_MS = 120_000;
const CALLS_MAX = 2000;
const CALL_TIMEOUT_MS = 2000;
const gate = createGate(gateOptionsFrom(processEnvironment()));
const file = process.argv[2] ?? "";

function writeDebugLog(log: string, url: string, authorization: string): void {
  const line = {
    time: toIso(systemClock.now()),
    level: "debug",
    message: `GET ${url} authorization: ${authorization}`,
  };
  appendFileSync(log, `${JSON.stringify(line)}\n`);
}

async function call({ url, keyFile, debugLog }: CallingAgentSettings): Promise<{ status: number; response: string }> {
  const authorization = `Bearer ${readFileSync(keyFile, "utf8").trim()}`;
  if (debugLog !== undefined) writeDebugLog(debugLog, url, authorization);
  try {
    const answered = await fetchLoopback(url, {
      headers: { authorization },
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    return { status: answered.status, response: (await answered.text()).slice(0, 200) };
  } catch {
    return { status: 0, response: "no answer" };
  }
}

async function callThroughGate(settings: CallingAgentSettings): Promise<boolean> {
  const { tool, url } = settings;
  const begun = gate.begin({ tool, arguments: { url } });
  if (!begun.allowed) return false;
  const { status, response } = await call(settings);
  const failed = status !== 200;
  begun.end({ failed });
  const event = { kind: "tool_call", outcome: failed ? "failure" : "success", data: { tool, url, status, response } };
  process.stdout.write(`${JSON.stringify(event)}\n`);
  return true;
}

const endsAtMs = performance.now() + LIFE_MS;
await gate.ready();
for (let made = 0; made < CALLS_MAX && performance.now() < endsAtMs;) {
  const settings = callingAgentSettings.parse(JSON.parse(readFileSync(file, "utf8")));
  if (await callThroughGate(settings)) made += 1;
  await sleep(settings.everyMs);
}
await gate.close();
