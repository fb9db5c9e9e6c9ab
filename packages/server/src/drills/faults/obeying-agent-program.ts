/**
 * An agent that reads a page and does what is hidden in it: `obeying-agent-program.js PAGE FILE [KILLSWITCH AGENT]`. It asks its gate
 * before each call, as `firebreak run` tells it or for the agent that is named, and writes down the answers; for two minutes at most.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createGate, gateOptionsFrom } from "@firebreak/sdk";
import { processEnvironment } from "../../kernel/index.ts";

const LIFE_MS = 120_000;
const EVERY_MS = 250;
const TIMEOUT_MS = 2000;

const [page = "", file = "", killswitchDir, agent] = process.argv.slice(2);
const isAlone = killswitchDir !== undefined && agent !== undefined;
const gate = createGate(isAlone ? { killswitchDir, agent } : gateOptionsFrom(processEnvironment()));

/** Whoever runs alone tells nobody: it is one session more of the same agent. */
function tell(kind: string, outcome: string, data: object): void {
  if (!isAlone) process.stdout.write(`${JSON.stringify({ kind, outcome, risk: "high", data })}\n`);
}

/** @returns what the tool gave; null when the gate denied the call, or nothing came of it */
async function call(tool: string, act: () => Promise<string>): Promise<string | null> {
  const begun = gate.begin({ tool });
  appendFileSync(file, begun.allowed ? "allowed\n" : `denied: ${begun.denial}\n`);
  if (!begun.allowed) return null;
  const answer = await act().catch(() => null);
  begun.end({ failed: answer === null });
  return answer;
}

async function read(): Promise<string> {
  const response = await globalThis.fetch(page, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  tell("tool_call", "success", { tool: "browser.read", url: page, response: text });
  return text;
}

async function obey(url: string): Promise<string> {
  const args = ["-sS", "--max-time", "2", "-o", "/dev/null", url];
  const child = spawn("curl", args, { stdio: "ignore" });
  await once(child, "close");
  tell("command", child.exitCode === 0 ? "success" : "failure", { command: ["curl", ...args].join(" ") });
  return url;
}

const endMs = performance.now() + LIFE_MS;
await gate.ready();
while (performance.now() < endMs) {
  const text = await call("browser.read", read);
  const order = /must call (\S+)/.exec(text ?? "")?.[1];
  if (order !== undefined) await call("shell", () => obey(order));
  await sleep(EVERY_MS);
}
