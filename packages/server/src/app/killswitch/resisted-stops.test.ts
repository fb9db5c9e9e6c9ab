import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../../../../test/harness/processes.ts";
import { readProcess } from "../../containment/index.ts";
import { createNewId, systemClock, toIso } from "../../kernel/index.ts";
import { createRetriedStops } from "./retry-stops.ts";
import { openTestHouse } from "./testing.ts";
import type { TestHouse } from "./testing.ts";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const [NOBODY, AGENT] = [65_534, 54_321];
const newId = createNewId(() => systemClock.now());
const ada = { kind: "person", id: "usr_ada", name: "ada" } as const;
let opened: TestHouse;
let agent: ChildProcess;

beforeAll(async () => {
  opened = await openTestHouse();
});
afterAll(async () => {
  agent?.kill("SIGKILL");
  await opened.close();
});

/** A session whose supervisor died, and whose process belongs to another user. */
function leaveSession(sessionId: string): number {
  agent = spawn("/usr/bin/sleep", ["600"], { uid: AGENT, gid: AGENT, cwd: "/", stdio: "ignore", detached: true });
  const pid = agent.pid ?? 0;
  const entry = {
    version: 1,
    sessionId,
    agentId: "stubborn",
    pack: null,
    host: hostname(),
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    supervisor: { pid, startTime: "0" },
    root: { pid, startTime: readProcess(pid)?.startTime ?? "" },
    cgroup: null,
    socketPath: path.join(opened.home, "gone.sock"),
    workspace: null,
    outputLog: path.join(opened.home, "gone.log"),
    command: ["sleep", "600"],
    startedAt: toIso(systemClock.now()),
    seen: [],
  };
  mkdirSync(path.join(opened.home, "supervisors"), { recursive: true });
  writeFileSync(path.join(opened.home, "supervisors", `${sessionId}.json`), JSON.stringify(entry));
  return pid;
}

/** Firebreak as a user who may signal nobody else, though everything of the home is this user's. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  for (const name of ["", ...readdirSync(opened.home, { recursive: true }).map(String)])
    chownSync(path.join(opened.home, name), NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

async function alerts() {
  const query = opened.house.database.kysely.selectFrom("alerts").select(["title", "sentence", "severity"]);
  return query.where("title", "like", "%resists its stop%").execute();
}

test.runIf(isRoot)(
  "C-2: what cannot be stopped raises an alert, once, that names the processes; it is tried on, and stopped when that works",
  async () => {
    const { house } = opened;
    const sessionId = newId("session");
    const pid = leaveSession(sessionId);
    const retry = createRetriedStops(house);
    await asNobody(async () => {
      const hold = { scope: "session", target: sessionId, level: "kill", reason: "it misbehaves" } as const;
      await house.killswitch.add({ ...hold, actor: ada, incidentId: null });
      await retry();
      await retry();
    });
    expect(readProcess(pid)?.state).toBe("S");
    expect(await alerts()).toEqual([
      {
        title: "stubborn resists its stop",
        sentence: expect.stringMatching(new RegExp(`is not stopped \\(kill\\).*Left: ${pid} sleep`)),
        severity: 1,
      },
    ]);
    await waitFor("it to be stopped, once that is allowed", 30_000, async () => {
      await retry();
      return (readProcess(pid)?.state ?? "Z") === "Z" ? true : undefined;
    });
    expect(await alerts()).toHaveLength(1);
  },
);
