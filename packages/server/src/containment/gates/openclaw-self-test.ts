import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import type { Actor } from "@firebreak/protocol";
import { z } from "zod";
import type { Clock, NewId } from "../../kernel/index.ts";
import type { Killswitch } from "../../killswitch/index.ts";
import { openclawPlugin } from "./openclaw-plugin.ts";
import type { GateCheck } from "./self-test.ts";

export interface OpenclawSelfTestOptions {
  /** the installed plugin's directory */
  readonly plugin: string;
  readonly killswitch: Pick<Killswitch, "add" | "release" | "current">;
  readonly actor: Actor;
  readonly newId: NewId;
  readonly clock: Clock;
}

const ANSWER_MS = 15_000;
/** Twice the age that a gate lets its state have. */
const STATE_AGE_MS = 100;

/** Loads a plugin as OpenClaw's loader does and calls its hooks, one a line. */
const HOST = `
import { createInterface } from "node:readline";
const hooks = new Map();
const { default: plugin } = await import(process.argv[1]);
plugin.register({ on: (name, handler) => hooks.set(name, handler) });
for await (const line of createInterface({ input: process.stdin })) {
  const { hook, event, ctx } = JSON.parse(line);
  process.stdout.write(JSON.stringify((await hooks.get(hook)(event, ctx)) ?? null) + "\\n");
}
process.exit(0);
`;

const answer = z
  .union([
    z.object({ block: z.literal(true), blockReason: z.string() }),
    z.object({ outcome: z.literal("block"), message: z.string() }),
  ])
  .nullable();

/**
 * Asks the installed plugin as OpenClaw does, about a session that exists for this test alone: with no hold, under a hold
 * that denies just that session, after its release, and with the kill switch gone. Real agents notice nothing.
 */
export async function testOpenclawGate(options: OpenclawSelfTestOptions): Promise<GateCheck[]> {
  const { killswitch, actor, clock, newId, plugin } = options;
  const sessionId = `self-test-${newId("stop")}`;
  const reason = "self-test of the gate for OpenClaw";
  const stoppedBefore = killswitch.current().holds.some((hold) => hold.scope !== "session" && hold.scope !== "tool");
  const checks: GateCheck[] = [];
  const host = startHost(plugin);
  const check = async (
    what: string,
    ask: () => Promise<string | null>,
    isRight: (refusal: string | null) => boolean,
  ) => {
    const startedMs = clock.monotonicMs();
    const refusal = await ask().catch((fault: unknown) => `no answer: ${String(fault)}`);
    const found = refusal === null ? "let through" : `denied: ${refusal}`;
    checks.push({ what, passed: isRight(refusal), found, elapsedMs: clock.monotonicMs() - startedMs });
  };
  const call = () => host.ask("before_tool_call", { toolName: "exec", params: { command: "true" } }, { sessionId });
  const run = () => host.ask("before_agent_run", { prompt: "" }, { sessionId });
  const isOpen = (refusal: string | null) => refusal === null || (stoppedBefore && refusal.startsWith("Firebreak ("));
  const isStopped = (refusal: string | null) => refusal !== null && (stoppedBefore || refusal.includes(reason));
  try {
    await check("lets a call through while nothing stops it", call, isOpen);
    const request = { scope: "session", target: sessionId, level: "deny", reason, actor, incidentId: null } as const;
    const hold = await killswitch.add(request);
    try {
      await new Promise((resolve) => setTimeout(resolve, STATE_AGE_MS));
      await check("denies a stopped call and says why", call, isStopped);
      await check("denies a run before the model is asked", run, isStopped);
    } finally {
      await killswitch.release(hold.id, { actor, reason });
    }
    await new Promise((resolve) => setTimeout(resolve, STATE_AGE_MS));
    await check("lets it through again after the release", call, isOpen);
  } finally {
    await host.close();
  }
  await withBrokenPlugin(async (broken) => {
    await check(
      "denies when it cannot know",
      () => broken.ask("before_tool_call", { toolName: "exec", params: {} }, { sessionId }),
      (refusal) => refusal !== null && refusal.includes("cannot know"),
    );
  });
  return checks;
}

interface Host {
  /** @returns why it was refused, or null */
  ask(hook: string, event: object, ctx: object): Promise<string | null>;
  close(): Promise<void>;
}

function startHost(plugin: string): Host {
  const entry = pathToFileURL(path.join(plugin, "index.js")).href;
  // the plugin's own environment: nothing of who runs the test makes it somebody else
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOST, entry], {
    env: {},
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()).on("error", () => resolve()));
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = (complaint + text).slice(0, 4096)));
  child.stdin.on("error", () => {}); // it went away; its end says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const timer = setTimeout(() => child.kill("SIGKILL"), ANSWER_MS);
  return {
    ask: async (hook, event, ctx) => {
      child.stdin.write(`${JSON.stringify({ hook, event, ctx })}\n`);
      const next = await lines.next();
      if (next.done === true) throw new Error(complaint.trim() || `it ended or took longer than ${ANSWER_MS / 1000} s`);
      const said = answer.parse(JSON.parse(next.value));
      if (said === null) return null;
      return "block" in said ? said.blockReason : said.message;
    },
    close: async () => {
      child.stdin.end();
      await ended;
      clearTimeout(timer);
    },
  };
}

async function withBrokenPlugin(use: (host: Host) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), "firebreak-gate-"));
  const host = (() => {
    const sdk = import.meta.resolve("@firebreak/sdk/openclaw");
    const facts = { sdk, killswitchDir: path.join(dir, "gone"), agent: "test", pack: null, telemetryFile: "none" };
    for (const [name, text] of Object.entries(openclawPlugin(facts))) writeFileSync(path.join(dir, name), text);
    return startHost(dir);
  })();
  try {
    await use(host);
  } finally {
    await host.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
