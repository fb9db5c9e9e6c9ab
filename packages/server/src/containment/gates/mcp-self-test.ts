import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Actor } from "@firebreak/protocol";
import type { Clock, Environment, NewId } from "../../kernel/index.ts";
import type { Killswitch } from "../../killswitch/index.ts";
import type { McpServer } from "./mcp-config.ts";
import type { GateCheck } from "./self-test.ts";

export interface McpSelfTestOptions {
  readonly server: McpServer;
  readonly killswitch: Pick<Killswitch, "add" | "release">;
  readonly actor: Actor;
  readonly newId: NewId;
  readonly clock: Clock;
  readonly environment: Environment;
}

const ANSWER_MS = 20_000;
/** Twice the age that a gate lets its state have. */
const STATE_AGE_MS = 100;

/**
 * Starts one server as the client would and calls a tool that no server has: under a hold on just that tool the gate
 * must refuse it and name the hold; before and after, the answer is the server's own. Nothing real is called.
 */
export async function testMcpGate(options: McpSelfTestOptions): Promise<GateCheck[]> {
  const { server, killswitch, actor, newId, clock, environment } = options;
  const tool = `self-test-${newId("stop")}`;
  const child = spawn(server.command, server.args, {
    env: { ...environment, ...server.env },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const failed = once(child, "error").then(([fault]) => Promise.reject(fault));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (id: number, method: string, params: object): Promise<string> => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return Promise.race([answerTo(id, lines), failed, timeOut(ANSWER_MS)]);
  };
  const reason = "self-test of the gate for MCP";
  const checks: GateCheck[] = [];
  const check = async (what: string, id: number, isRefusal: (answer: string) => boolean, expected: boolean) => {
    const startedMs = clock.monotonicMs();
    const answer = await ask(id, "tools/call", { name: tool, arguments: {} });
    const refused = isRefusal(answer);
    const found = refused ? "refused by the gate" : "answered by the server";
    checks.push({ what, passed: refused === expected, found, elapsedMs: clock.monotonicMs() - startedMs });
  };
  try {
    const clientInfo = { name: "firebreak-self-test", version: "1" };
    await ask(1, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
    await check(`${server.name}: lets a call through`, 2, (answer) => answer.includes("Firebreak ("), false);
    const hold = await killswitch.add({ scope: "tool", target: tool, level: "deny", reason, actor, incidentId: null });
    try {
      await new Promise((resolve) => setTimeout(resolve, STATE_AGE_MS));
      await check(`${server.name}: refuses a stopped tool`, 3, (answer) => answer.includes(reason), true);
    } finally {
      await killswitch.release(hold.id, { actor, reason });
    }
  } catch (fault) {
    const found = fault instanceof Error ? fault.message : String(fault);
    checks.push({ what: `${server.name}: answers`, passed: false, found, elapsedMs: 0 });
  } finally {
    failed.catch(() => {});
    child.stdin.end();
    child.kill("SIGTERM");
  }
  return checks;
}

async function answerTo(id: number, lines: AsyncIterator<string>): Promise<string> {
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    if (next.value.includes(`"id":${id}`)) return next.value;
  }
  throw new Error("the server ended before it answered");
}

function timeOut(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms).unref();
  });
}
