import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor } from "@firebreak/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startFakeIntake } from "../../../test/agents/fake-intake.ts";
import { until } from "../../../test/agents/process-trees.ts";
import { createNewId, silentLogger, systemClock } from "../../server/src/kernel/index.ts";
import type { HoldRequest, Killswitch } from "../../server/src/killswitch/index.ts";
import { openKillswitch } from "../../server/src/killswitch/index.ts";
import type { Gate, GateOptions } from "./index.ts";
import { createGate, GateDeniedError, gateOptionsFrom } from "./index.ts";

const person: Actor = { kind: "person", id: "usr_1", name: "Ada" };
const stopScout: HoldRequest = {
  scope: "agent",
  target: "scout",
  level: "deny",
  reason: "prices change",
  actor: person,
};

let home = "";
let killswitch: Killswitch;
const gates: Gate[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-sdk-"));
  killswitch = openKillswitch({
    home,
    clock: systemClock,
    newId: createNewId(() => systemClock.now()),
    logger: silentLogger,
  });
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.close(0);
  killswitch.close();
  rmSync(home, { recursive: true, force: true });
});

function open(more: Partial<GateOptions> = {}): Gate {
  const gate = createGate({
    killswitchDir: killswitch.dir,
    agent: "scout",
    pack: "research",
    session: "ses_1",
    reportAs: null,
    ...more,
  });
  gates.push(gate);
  return gate;
}

test("C-1: a gate lets through, denies while a hold covers the agent, and lets through again", async () => {
  const gate = open();
  expect(gate.check()).toEqual({ allowed: true });
  const hold = await killswitch.add(stopScout);
  await until("it denies", () => !gate.check().allowed, 1000);
  expect(gate.check()).toEqual({
    allowed: false,
    denial: "stopped",
    reason: "agent scout is stopped: prices change",
    holdId: hold.id,
    level: "deny",
  });
  expect(gate.status()).toMatchObject({ state: "stopped", epoch: hold.epoch });
  await killswitch.release(hold.id, { actor: person, reason: "fine" });
  await until("it lets through", () => gate.check().allowed, 1000);
});

test.each([
  ["global", null, false],
  ["pack", "research", false],
  ["session", "ses_1", false],
  ["agent", "other", true],
  ["pack", "other", true],
] as const)("C-1: a hold on %s %s", async (scope, target, allowed) => {
  await killswitch.add({ ...stopScout, scope, target });
  expect(open().check().allowed).toBe(allowed);
});

test("C-1: a hold on a tool denies that tool only; the strictest hold is named first", async () => {
  await killswitch.add({ ...stopScout, scope: "tool", target: "shell" });
  const gate = open();
  expect(gate.check({ tool: "shell" })).toMatchObject({
    allowed: false,
    reason: "tool shell is stopped: prices change",
  });
  expect(gate.check({ tool: "read" }).allowed).toBe(true);
  expect(gate.check().allowed).toBe(true);
  await killswitch.add(stopScout);
  const kill = await killswitch.add({ ...stopScout, scope: "global", target: null, level: "kill" });
  await until("it denies", () => !gate.check().allowed, 1000);
  await until(
    "the strictest",
    () => !gate.check().allowed && gate.check({ tool: "x" }) !== null && levelOf(gate) === "kill",
    1000,
  );
  expect(gate.check()).toMatchObject({ holdId: kill.id });
});

function levelOf(gate: Gate): string {
  const decision = gate.check();
  return decision.allowed ? "none" : decision.level;
}

test("C-8: a gate that cannot read the state denies as gate_broken, never lets through, and recovers", async () => {
  const path = join(killswitch.dir, "state.json");
  killswitch.close();
  const good = readFileSync(path, "utf8");
  const gate = open({ maxAgeMs: 10 });
  expect(gate.check().allowed).toBe(true);
  for (const bad of ["", "{", "null", '{"value":{}}', good.replace('"holds":[', '"holds":[{"scope":"moon"}')]) {
    writeFileSync(path, bad);
    await until("it is broken", () => !gate.check().allowed, 1000);
    expect(gate.check()).toMatchObject({ denial: "gate_broken", holdId: null });
    writeFileSync(path, good);
    await until("it recovers", () => gate.check().allowed, 1000);
  }
  rmSync(path);
  await until("it is broken", () => !gate.check().allowed, 1000);
  expect(gate.status()).toMatchObject({ state: "broken", problem: expect.stringContaining("state.json") });
});

test("C-8: a damaged journal is gate_broken; no kill switch named is gate_broken; a closed gate is gate_broken", async () => {
  writeFileSync(join(killswitch.dir, "journal.jsonl"), "garbage\n");
  const gate = open();
  await until("it is broken", () => !gate.check().allowed, 3000);
  expect(gate.check()).toMatchObject({ denial: "gate_broken", reason: expect.stringContaining("damaged") });
  expect(createGate({ agent: "scout" }).check()).toMatchObject({ denial: "gate_broken" });
  await gate.close();
  expect(gate.check()).toMatchObject({ denial: "gate_broken", reason: expect.stringContaining("closed") });
});

test("C-8: an older state put back is gate_broken, not a lifted stop", async () => {
  const path = join(killswitch.dir, "state.json");
  const before = readFileSync(path, "utf8");
  const gate = open();
  await killswitch.add(stopScout);
  await until("it denies", () => !gate.check().allowed, 1000);
  killswitch.close();
  writeFileSync(path, before);
  await until("it is broken", () => gate.status().state === "broken", 1000);
  expect(gate.check().allowed).toBe(false);
});

test("C-1: a check sees a stop although the event loop never ran", async () => {
  const gate = open({ maxAgeMs: 5 });
  await killswitch.add(stopScout);
  const endMs = performance.now() + 20;
  while (performance.now() < endMs);
  expect(gate.check().allowed).toBe(false);
});

test("C-3: a guarded function does not run while the agent is stopped", async () => {
  let runs = 0;
  const gate = open();
  const add = gate.guard((a: number, b: number) => {
    runs++;
    return a + b;
  });
  expect(add(2, 3)).toBe(5);
  await killswitch.add({ ...stopScout, scope: "global", target: null });
  await until("it denies", () => !gate.check().allowed, 1000);
  expect(() => add(2, 3)).toThrow(GateDeniedError);
  expect(runs).toBe(1);
});

test("onChange tells of a stop and of its end", async () => {
  const gate = open();
  const seen: boolean[] = [];
  gate.onChange((decision) => seen.push(decision.allowed));
  const hold = await killswitch.add(stopScout);
  await until("told of the stop", () => seen.length === 1, 1000);
  await killswitch.release(hold.id, { actor: person, reason: "fine" });
  await until("told of the end", () => seen.length === 2, 1000);
  expect(seen).toEqual([false, true]);
});

test("D-3: events and heartbeats reach the server once each, in order, after it was away", async () => {
  const probe = await startFakeIntake();
  await probe.close();
  const gate = open({ url: probe.url, token: "agent-token" });
  for (let i = 0; i < 700; i++) expect(gate.emit({ kind: "command", data: { n: i } })).toBe(true);
  const end = gate.heartbeat(10_000);
  const intake = await startFakeIntake(Number(new URL(probe.url).port));
  try {
    await until("all came", () => intake.events.length === 701);
    expect(intake.events.slice(0, 700).map((event) => event.data?.["n"])).toEqual(
      Array.from({ length: 700 }, (_, i) => i),
    );
    expect(intake.events[0]?.agent).toEqual({ id: "scout", pack: "research", session: "ses_1" });
    expect(intake.events[700]?.kind).toBe("heartbeat");
    expect(new Set(intake.requests.map((request) => request.token))).toEqual(new Set(["Bearer agent-token"]));
    await until("the queue is empty", () => gate.status().eventsQueued === 0);
    expect(gate.status().eventsDropped).toBe(0);
  } finally {
    end();
    await intake.close();
  }
});

test("C-3: a gate says that it stands, and which runtimes go through it, each once", async () => {
  const intake = await startFakeIntake();
  try {
    const gate = open({ url: intake.url, token: "agent-token", reportAs: undefined });
    gate.report("openclaw", "2026.9.6");
    gate.report("openclaw");
    await gate.close();
    expect(intake.events.map(({ kind, data }) => ({ kind, ...data }))).toEqual([
      { kind: "lifecycle", event_type: "gate", runtime: "sdk" },
      { kind: "lifecycle", event_type: "gate", runtime: "openclaw", version: "2026.9.6" },
    ]);
  } finally {
    await intake.close();
  }
});

test("the queue is bounded and says what it dropped; close waits for at most the given time", async () => {
  const probe = await startFakeIntake();
  await probe.close();
  const gate = open({ url: probe.url, token: "t" });
  let taken = 0;
  for (let i = 0; i < 10_500; i++) if (gate.emit({ kind: "log" })) taken++;
  expect(taken).toBe(10_000);
  expect(gate.status().eventsDropped).toBe(500);
  expect(open().emit({ kind: "log" })).toBe(false);
  const startMs = performance.now();
  await gate.close(100);
  expect(performance.now() - startMs).toBeLessThan(1000);
});

test("the environment of `firebreak run` is understood", () => {
  const env = {
    FIREBREAK_KILLSWITCH: "/k",
    FIREBREAK_AGENT: "a",
    FIREBREAK_PACK: "p",
    FIREBREAK_SESSION: "s",
    FIREBREAK_URL: "http://u",
    FIREBREAK_TOKEN: "t",
  };
  expect(gateOptionsFrom(env)).toEqual({
    killswitchDir: "/k",
    agent: "a",
    pack: "p",
    session: "s",
    url: "http://u",
    token: "t",
  });
});

test("a check without policy takes at most 1 µs", () => {
  const gate = open();
  const action = { tool: "shell" };
  const roundsMs = Array.from({ length: 20 }, () => {
    const startMs = performance.now();
    for (let i = 0; i < 20_000; i++) gate.check(action);
    return performance.now() - startMs;
  });
  const bestUs = (Math.min(...roundsMs) * 1000) / 20_000;
  expect(bestUs).toBeLessThan(1);
});
