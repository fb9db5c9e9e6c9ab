import { spawn, spawnSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Actor } from "@firebreak/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../../../../test/agents/process-trees.ts";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { agentEffectors, enforceDirect, findSupervisor, listSupervisors, runSupervisor } from "../index.ts";
import type { Effector, EffectorContext } from "../index.ts";
import { effectorProcess } from "./testing.ts";

const clock = systemClock;
const newId = createNewId(() => clock.now());
const person: Actor = { kind: "person", id: "usr_1", name: "Ada" };
const playbook: Actor = { kind: "playbook", id: "rogue-agent", name: "Rogue agent" };
const FAMILY =
  "sleep 600 & setsid sleep 601 & (setsid sh -c '(sleep 602 &)' &); trap '' TERM; while :; do sleep 0.05; done";

let home = "";
let sessionId = "";
let exit: Promise<number> = Promise.resolve(0);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-eff-"));
});
afterEach(async () => {
  const entry = findSupervisor({ home, sessionId });
  await enforceDirect({ home, clock, level: "kill", entries: entry === null ? [] : [entry] });
  await exit;
  rmSync(home, { recursive: true, force: true });
});

async function startAgent(): Promise<void> {
  sessionId = newId("session");
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  stdout.resume();
  stderr.resume();
  exit = runSupervisor({
    home,
    agent: "scout",
    session: sessionId,
    command: ["/bin/sh", "-c", FAMILY],
    cwd: home,
    env: { PATH: process.env["PATH"] },
    clock,
    newId,
    logger: silentLogger,
    stdio: { stdin: "ignore", stdout, stderr },
    signals: new EventEmitter(),
  });
  await until("the agent runs", () => tree() === "running");
}

function tree(): string {
  return listSupervisors({ home }).find((one) => one.sessionId === sessionId)?.tree ?? "unlisted";
}

function context(stepId: string, actor = playbook): EffectorContext {
  const signal = new AbortController().signal;
  return {
    home,
    clock,
    newId,
    logger: silentLogger,
    actor,
    incidentId: "INC-2026-0001",
    runId: "run_1",
    stepId,
    expiresAt: null,
    signal,
  };
}

function effector(name: string): Effector {
  const found = agentEffectors.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function holdCount(): number {
  const killswitch = openKillswitch(context("look"));
  try {
    return killswitch.current().holds.length;
  } finally {
    killswitch.close();
  }
}

const parameters = { agentId: "scout", reason: "rogue" };

const placed = (level?: string) => ({ scope: "agent", target: "scout", reason: "rogue", ...(level && { level }) });

describe.each([
  ["agent.deny", "running", parameters],
  ["agent.freeze", "frozen", parameters],
  ["agent.kill", "unlisted", parameters],
  ["stop.place", "running", placed("abort")],
  ["stop.place", "frozen", { scope: "global", reason: "rogue", level: "freeze" }],
  ["stop.kill", "unlisted", placed()],
])("%s, after which the tree is %s", (name, after, given) => {
  test("C-3: applied twice does what applying once does, and verifies", async () => {
    await startAgent();
    const first = await effector(name).apply(context("s"), given);
    const second = await effector(name).apply(context("s"), given);
    expect([first.ok, second.ok]).toEqual([true, true]);
    expect(second.output?.["holdId"]).toBe(first.output?.["holdId"]);
    expect(holdCount()).toBe(1);
    await until(`the tree is ${after}`, () => tree() === after);
    expect(await effector(name).verify(context("s"), given, first.output ?? {})).toMatchObject({ ok: true });
  });

  test("C-3: preview says what would be touched and touches nothing", async () => {
    await startAgent();
    const { changes } = await effector(name).preview(context("s"), given);
    expect(changes.join("\n")).toContain(sessionId);
    expect(tree()).toBe("running");
    expect(holdCount()).toBe(0);
  });

  test("C-3: undo is refused to automation; by a person it works, twice", async () => {
    await startAgent();
    const { output = {} } = await effector(name).apply(context("s"), given);
    expect(await effector(name).undo(context("s"), given, output)).toMatchObject({ ok: false, reason: "denied" });
    expect(holdCount()).toBe(1);
    for (let i = 0; i < 2; i++) {
      expect(await effector(name).undo(context("s", person), given, output)).toMatchObject({ ok: true });
    }
    expect(holdCount()).toBe(0);
    await until(
      "the tree is as it was, or gone for good",
      () => tree() === (after === "unlisted" ? "unlisted" : "running"),
    );
    expect(await effector(name).verify(context("s"), given, output)).toMatchObject({ ok: false });
  });

  test("C-3: what a process did before it crashed is undone by another one, without any record of it", async () => {
    await startAgent();
    const request = { verb: "apply", home, effector: name, parameters: given, runId: "run_1", stepId: "s" };
    const died = spawnSync(process.execPath, [effectorProcess(), JSON.stringify(request)], { encoding: "utf8" });
    expect(died.signal).toBe("SIGKILL");
    expect(holdCount()).toBe(1);
    expect(await effector(name).undo(context("s", person), given, {})).toMatchObject({ ok: true });
    expect(holdCount()).toBe(0);
    if (after !== "unlisted") await until("it runs", () => tree() === "running");
  });
});

describe("agent.verify_stopped", () => {
  test("C-2: says stopped only of what is frozen or gone, and names what runs", async () => {
    await startAgent();
    const running = await effector("agent.verify_stopped").apply(context("v"), parameters);
    expect(running).toMatchObject({ ok: false, reason: "unverified" });
    await effector("agent.freeze").apply(context("f"), parameters);
    expect(await effector("agent.verify_stopped").apply(context("v"), parameters)).toMatchObject({ ok: true });
    await effector("agent.kill").apply(context("k"), parameters);
    await exit;
    const gone = await effector("agent.verify_stopped").apply(context("v"), parameters);
    expect(gone).toMatchObject({
      ok: true,
      output: { results: [{ sessionId, state: "verified_stopped", proof: "no process left" }] },
    });
  });

  test("C-2: finds a process of the agent that belongs to no registered tree", async () => {
    await startAgent();
    await effector("agent.kill").apply(context("k"), parameters);
    await exit;
    const stray = spawn("sleep", ["600"], {
      stdio: "ignore",
      detached: true,
      env: { PATH: process.env["PATH"], FIREBREAK_AGENT: "scout", FIREBREAK_KILLSWITCH: join(home, "killswitch") },
    });
    try {
      await until("it shows", () => stray.pid !== undefined);
      const result = await effector("agent.verify_stopped").apply(context("v"), parameters);
      expect(result).toMatchObject({ ok: false, reason: "unverified", output: { loose: [{ pid: stray.pid }] } });
    } finally {
      stray.kill("SIGKILL");
      await once(stray, "exit");
    }
  });

  test("C-2: an agent nobody supervised here is not called stopped", async () => {
    for (const name of ["agent.freeze", "agent.kill", "agent.verify_stopped"]) {
      expect(await effector(name).apply(context(name), { agentId: "stranger" })).toMatchObject({
        ok: false,
        reason: "not_found",
      });
    }
  });
});

describe("stop.place", () => {
  test("C-3: is in force also where nothing runs that it covers, and says that it proved nothing", async () => {
    for (const given of [
      { scope: "global", level: "freeze", reason: "test" },
      { scope: "pack", target: "research", level: "deny", reason: "test" },
      { scope: "tool", target: "exec", level: "deny", reason: "test" },
    ]) {
      const { ok, output } = await effector("stop.place").apply(context(given.scope), given);
      expect([ok, typeof output?.["holdId"]], given.scope).toEqual([true, "string"]);
      expect(await effector("stop.place").verify(context(given.scope), given, {})).toMatchObject({ ok: true });
    }
    expect(holdCount()).toBe(3);
  });

  test.each([
    { scope: "global", target: "x", level: "deny", reason: "r" },
    { scope: "agent", level: "deny", reason: "r" },
    { scope: "tool", target: "exec", level: "freeze", reason: "r" },
    { scope: "agent", target: "scout", level: "kill", reason: "r" },
  ])("C-3: does not take %j", (given) => {
    expect(effector("stop.place").parameters.safeParse(given).success).toBe(false);
  });
});

test("C-3: agent.resume is a person's act; twice is once; its undo stops again, twice as well", async () => {
  await startAgent();
  const frozen = await effector("agent.freeze").apply(context("f"), parameters);
  const given = { holdId: String(frozen.output?.["holdId"]), reason: "looked at it" };
  const resume = effector("agent.resume");
  expect(await resume.apply(context("r"), given)).toMatchObject({ ok: false, reason: "denied" });
  const first = await resume.apply(context("r", person), given);
  expect(first).toMatchObject({ ok: true });
  expect(await resume.apply(context("r", person), given)).toMatchObject({ ok: true });
  expect(tree()).toBe("running");
  expect(await resume.verify(context("r", person), given, first.output ?? {})).toMatchObject({ ok: true });
  for (const output of [first.output ?? {}, {}]) {
    expect(await resume.undo(context("r"), given, output)).toMatchObject({ ok: true });
    expect(tree()).toBe("frozen");
  }
  expect(holdCount()).toBe(1);
});
