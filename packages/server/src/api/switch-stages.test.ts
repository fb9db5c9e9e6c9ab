import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Caller } from "../access/index.ts";
import { openHouse } from "../app/index.ts";
import type { OpenHouse } from "../app/index.ts";
import { listSupervisors, runSupervisor } from "../containment/index.ts";
import { createNewId, readConfig, silentLogger, systemClock } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createApiServices } from "./house-services/index.ts";
import type { ApiServices } from "./services.ts";

const repository = path.resolve(import.meta.dirname, "../../../..");
const home = mkdtempSync(path.join(tmpdir(), "firebreak-stages-"));
const newId = createNewId(() => systemClock.now());
let database: TestDatabase;
let house: OpenHouse;
let services: ApiServices;
let running: Promise<unknown>[] = [];

const ada: Caller = {
  actor: { kind: "person", id: "usr_ada", name: "ada" },
  access: "commander",
  agentId: null,
  sessionId: null,
  webSessionId: "web_ada",
};

const POLICY = `
apiVersion: agentos.io/v1
kind: Policy
metadata: { name: killswitch, version: "1.0.0" }
spec:
  global: { authorized_roles: [incident_commander] }
  pack_level: { authorized_roles: [team_lead] }
  on_activation:
    running_tasks: { action: terminate_gracefully, grace_period_seconds: 1, force_after_seconds: 3 }
  on_deactivation:
    gradual_restore: { enabled: true, packs_per_batch: 1, batch_interval_seconds: 1 }
    require_health_check: true
    health_check_timeout_seconds: 1
`;

beforeAll(async () => {
  writeFileSync(path.join(home, "killswitch.policy.yaml"), POLICY);
  database = await createTestDatabase();
  house = await openHouse({
    config: readConfig({ FIREBREAK_HOME: home, DATABASE_URL: database.databaseUrl }),
    environment: {},
    version: "0.0.0",
    dataDir: repository,
    clock: systemClock,
    newId,
    logger: silentLogger,
  });
  services = createApiServices(house);
});
afterEach(async () => {
  const stop = { scope: "global", level: "kill", reason: "end of the test" } as const;
  await services.stop(ada, stop);
  await Promise.all(running);
  running = [];
  for (const hold of house.killswitch.current().holds) {
    await house.killswitch.release(hold.id, { actor: ada.actor, reason: "end" });
  }
  await house.database.kysely.updateTable("restores").set({ state: "done" }).execute();
});
afterAll(async () => {
  await house.close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

async function startAgent(agent: string, pack: string, script: string): Promise<void> {
  const silent = new Writable({ write: (_bytes, _encoding, done) => done() });
  running.push(
    runSupervisor({
      home,
      agent,
      pack,
      command: ["/bin/sh", "-c", script],
      cwd: home,
      env: { PATH: process.env["PATH"] },
      clock: systemClock,
      newId,
      logger: silentLogger,
      stdio: { stdin: "ignore", stdout: silent, stderr: silent },
      signals: new EventEmitter(),
    }),
  );
  await expect.poll(() => treeOf(agent), { timeout: 10_000 }).toBe("running");
}

const treeOf = (agent: string) => listSupervisors({ home }).find((one) => one.agentId === agent)?.tree ?? "gone";
const IDLE = "while :; do sleep 0.1; done";
const OBSTINATE = "trap '' TERM; while :; do sleep 0.1; done";
const POLITE = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

test("C-1: by the policy what runs is denied at once, asked to end after the grace, and killed at the force time", async () => {
  await startAgent("polite", "research", POLITE);
  await startAgent("obstinate", "research", OBSTINATE);
  const receipt = await services.stop(ada, { scope: "pack", target: "research", reason: "they drift" });
  expect(receipt).toMatchObject({
    hold: { level: "deny" },
    verified: false,
    escalation: { askAt: expect.any(String) },
  });
  expect([treeOf("polite"), treeOf("obstinate")]).toEqual(["running", "running"]);
  await expect.poll(() => treeOf("polite"), { timeout: 10_000 }).toBe("gone");
  await expect.poll(() => treeOf("obstinate"), { timeout: 15_000 }).toBe("gone");
  const escalation = () => house.database.kysely.selectFrom("escalations").selectAll().executeTakeFirstOrThrow();
  await expect.poll(async () => (await escalation()).outcome, { timeout: 10_000 }).toBe("1 session(s) were killed");
  const { items } = await services.listReceipts(ada, { limit: 5 });
  expect(items[0]).toMatchObject({ kind: "stop", holdId: receipt.hold.id, verified: true, targets: 1 });
  expect(Date.parse(items[0]?.at ?? "") - Date.parse(receipt.requestedAt)).toBeGreaterThan(2_900);
});

test("C-1: a resume within the grace ends the escalation: nothing is asked or killed", async () => {
  await startAgent("polite", "research", POLITE);
  const { hold } = await services.stop(ada, { scope: "agent", target: "polite", reason: "a look" });
  await services.resumeHold(ada, { id: hold.id, reason: "all is well", checked: [], atOnce: false });
  const escalation = () =>
    house.database.kysely.selectFrom("escalations").selectAll().where("hold_id", "=", hold.id).executeTakeFirst();
  await expect.poll(async () => (await escalation())?.outcome, { timeout: 5_000 }).toContain("resumed before");
  expect((await escalation())?.asked_at).toBeNull();
  expect(treeOf("polite")).toBe("running");
});

async function stopThree(): Promise<string> {
  for (const name of ["alpha", "beta", "gamma"]) await startAgent(name, `pack-${name}`, IDLE);
  const { hold, verified } = await services.stop(ada, {
    scope: "global",
    level: "freeze",
    reason: "everything drifts",
  });
  expect(verified).toBe(true);
  return hold.id;
}

test("C-1: after a stop of everything packs come back in batches, each well before the next", async () => {
  const id = await stopThree();
  await services.resumeHold(ada, { id, reason: "mended", checked: [], atOnce: false });
  expect(["alpha", "beta", "gamma"].map(treeOf)).toEqual(["running", "frozen", "frozen"]);
  await expect.poll(() => treeOf("beta"), { timeout: 10_000 }).toBe("running");
  await expect.poll(() => treeOf("gamma"), { timeout: 10_000 }).toBe("running");
  const view = async () => (await services.getKillswitch(ada)).restores.find((restore) => restore.holdId === id);
  await expect.poll(view, { timeout: 5_000 }).toMatchObject({ state: "done", released: expect.any(Number) });
  expect(house.killswitch.current().holds).toEqual([]);
}, 40_000);

test("C-1: a stop that comes meanwhile halts the return; what had not come back stays stopped", async () => {
  const id = await stopThree();
  await services.resumeHold(ada, { id, reason: "mended", checked: [], atOnce: false });
  await services.stop(ada, { scope: "agent", target: "alpha", level: "freeze", reason: "again" });
  const view = async () => (await services.getKillswitch(ada)).restores.find((restore) => restore.holdId === id);
  await expect.poll(view, { timeout: 10_000 }).toMatchObject({
    state: "halted",
    problem: expect.stringContaining("a stop came meanwhile: again"),
  });
  expect(["alpha", "beta", "gamma"].map(treeOf)).toEqual(["frozen", "frozen", "frozen"]);
}, 40_000);

test("C-1: at once lets everything run again at once", async () => {
  const id = await stopThree();
  await services.resumeHold(ada, { id, reason: "mended", checked: [], atOnce: true });
  expect(["alpha", "beta", "gamma"].map(treeOf)).toEqual(["running", "running", "running"]);
}, 40_000);
