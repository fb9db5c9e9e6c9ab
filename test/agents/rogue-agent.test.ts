import { spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { AgentEventInput } from "../../packages/protocol/src/index.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  enforceDirect,
  enforceHold,
  findSupervisor,
  listSupervisors,
  listTreeOf,
  runSupervisor,
} from "../../packages/server/src/containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../../packages/server/src/kernel/index.ts";
import { openKillswitch } from "../../packages/server/src/killswitch/index.ts";
import { startFakeIntake } from "./fake-intake.ts";
import { until } from "./process-trees.ts";

const ROGUE = join(import.meta.dirname, "rogue-agent.mjs");
const newId = createNewId(() => systemClock.now());
let home = "";
let workspace = "";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-rogue-"));
  workspace = join(home, "workspace");
  mkdirSync(workspace);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function runRogue(url: string, seconds: number): { sessionId: string; exit: Promise<number> } {
  const sessionId = newId("session");
  const sink = new PassThrough();
  sink.resume();
  const exit = runSupervisor({
    home,
    agent: "scout",
    pack: "research",
    session: sessionId,
    command: [
      process.execPath,
      ROGUE,
      "--workspace",
      workspace,
      "--calm-ms",
      "300",
      "--commands",
      "120",
      "--seconds",
      String(seconds),
    ],
    workspace,
    cwd: workspace,
    env: { PATH: process.env["PATH"] },
    clock: systemClock,
    newId,
    logger: silentLogger,
    server: { url, token: "operator" },
    stdio: { stdin: "ignore", stdout: sink, stderr: sink },
    signals: new EventEmitter(),
  });
  return { sessionId, exit };
}

test("O-7: the rogue agent does what it says, on both ways out, and is stopped with everything it started", async () => {
  const intake = await startFakeIntake();
  const precious = join(workspace, "precious.txt");
  writeFileSync(precious, "keep me");
  const killswitch = openKillswitch({ home, clock: systemClock, newId, logger: silentLogger });
  const { sessionId, exit } = runRogue(intake.url, 60);
  try {
    const textOf = (event: AgentEventInput) => JSON.stringify(event.data?.["command"]);
    const commands = () => intake.events.filter((event) => event.kind === "command");
    await until("more than 100 commands and the deletion", () => commands().length > 100, 30_000);
    expect(commands().some((event) => textOf(event).startsWith(`"rm -rf ${workspace}/scratch-`))).toBe(true);
    expect(new Set(intake.events.filter((event) => event.source === "rogue-agent").map((event) => event.id)).size).toBe(
      intake.events.filter((event) => event.source === "rogue-agent").length,
    );
    expect(readdirSync(workspace).filter((name) => name.startsWith("scratch-"))).toEqual([]);
    expect(existsSync(precious)).toBe(true);
    expect(listTreeOf({ home, sessionId })?.length).toBeGreaterThanOrEqual(8);
    const actor = { kind: "cli", id: "test", name: "test" } as const;
    const stop = { scope: "agent", target: "scout", reason: "rogue", actor } as const;
    const frozen = await enforceHold({
      home,
      clock: systemClock,
      hold: await killswitch.add({ ...stop, level: "freeze" }),
    });
    expect(frozen).toMatchObject([{ state: "verified_stopped", level: "freeze", remaining: [] }]);
    const heartbeat = join(workspace, "still-here");
    const { size } = statSync(heartbeat);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(statSync(heartbeat).size).toBe(size);
    const killed = await enforceHold({
      home,
      clock: systemClock,
      hold: await killswitch.add({ ...stop, level: "kill" }),
    });
    expect(killed).toMatchObject([{ state: "verified_stopped", level: "kill", remaining: [] }]);
    expect(await exit).toBe(137);
    expect(listSupervisors({ home })).toEqual([]);
  } finally {
    const entry = findSupervisor({ home, sessionId });
    await enforceDirect({ home, clock: systemClock, level: "kill", entries: entry === null ? [] : [entry] });
    await exit;
    killswitch.close();
    await intake.close();
  }
});

test("the rogue agent always ends by itself and leaves nothing", async () => {
  const intake = await startFakeIntake();
  try {
    const { exit } = runRogue(intake.url, 2);
    expect(await exit).toBe(0);
    expect(listSupervisors({ home })).toEqual([]);
  } finally {
    await intake.close();
  }
});

test.each([
  [[]],
  [["--workspace", "relative"]],
  [["--workspace", "/"]],
  [["--workspace", "/no/such/dir"]],
  [["--workspace", tmpdir(), "--seconds", "0"]],
  [["--workspace", tmpdir(), "--commands", "1000000"]],
])("the rogue agent refuses to run with %j", (args) => {
  expect(spawnSync(process.execPath, [ROGUE, ...args]).status).toBe(64);
});
