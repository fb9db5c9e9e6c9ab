import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { until } from "../../../../../test/agents/process-trees.ts";
import { enforceDirect, findSupervisor, readProcess, runSupervisor } from "../../containment/index.ts";
import type { EffectorContext } from "../../containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { checkLoad } from "./check-load.ts";

const clock = systemClock;
const newId = createNewId(() => clock.now());
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-load-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function context(signal = new AbortController().signal): EffectorContext {
  const actor = { kind: "person" as const, id: "usr_1", name: "ada" };
  const facts = { home, clock, newId, logger: silentLogger, actor, runId: "run_1", stepId: "step", expiresAt: null };
  return { ...facts, incidentId: null, signal };
}

const loadOutput = z.object({
  cpuPercent: z.number().min(0).max(100),
  memoryPercent: z.number().min(0).max(100),
  top: z.array(
    z.object({
      pid: z.number(),
      startedAt: z.string(),
      name: z.string(),
      cpuPercent: z.number(),
      memoryBytes: z.number(),
      agentId: z.string().optional(),
    }),
  ),
  agents: z.array(z.object({ agentId: z.string(), cpuPercent: z.number(), memoryBytes: z.number() })),
});

test("C-3: check.load finds the busy process, and names it for ever", async () => {
  const busy = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
  try {
    await once(busy, "spawn");
    const { top } = loadOutput.parse((await checkLoad.apply(context(), {})).output);
    const found = top.find(({ pid }) => pid === busy.pid);
    expect(found).toMatchObject({ startedAt: readProcess(busy.pid ?? 0)?.startTime });
    expect(found?.cpuPercent).toBeGreaterThan(5);
    expect(top.length).toBeLessThanOrEqual(10);
  } finally {
    busy.kill("SIGKILL");
    await once(busy, "exit");
  }
});

test("C-3: check.load says to which agent a process belongs", async () => {
  const session = newId("session");
  const stdout = new PassThrough().resume();
  const stderr = new PassThrough().resume();
  const exit = runSupervisor({
    home,
    agent: "scout",
    session,
    command: [process.execPath, "-e", "for (;;);"],
    cwd: home,
    env: { PATH: process.env["PATH"] },
    clock,
    newId,
    logger: silentLogger,
    stdio: { stdin: "ignore", stdout, stderr },
    signals: new EventEmitter(),
  });
  try {
    await until("the agent runs", () => (findSupervisor({ home, sessionId: session })?.root ?? null) !== null);
    const { top, agents } = loadOutput.parse((await checkLoad.apply(context(), {})).output);
    expect(top).toContainEqual(expect.objectContaining({ agentId: "scout" }));
    expect(agents.map(({ agentId }) => agentId)).toEqual(["scout"]);
    expect(agents[0]?.cpuPercent).toBeGreaterThan(0);
  } finally {
    const entry = findSupervisor({ home, sessionId: session });
    await enforceDirect({ home, clock, level: "kill", entries: entry === null ? [] : [entry] });
    await exit;
  }
});

test("C-3: check.load only reads, and ends with its step's time", async () => {
  expect(checkLoad).toMatchObject({ onlyReads: true, destroysEvidence: false });
  expect(await checkLoad.preview(context(), {})).toMatchObject({ obstacles: [], changes: [expect.any(String)] });
  const late = await checkLoad.apply(context(AbortSignal.abort()), {});
  expect(late).toMatchObject({ ok: false, reason: "timed_out" });
  expect(await checkLoad.undo(context(), {}, {})).toMatchObject({ ok: true });
});
