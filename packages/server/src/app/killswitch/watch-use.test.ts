import { EventEmitter } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../../../../test/agents/process-trees.ts";
import { listSupervisors, runSupervisor } from "../../containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import type { OpenHouse } from "../open-house.ts";
import { stopAgents } from "./stop-agents.ts";
import { openTestHouse } from "./testing.ts";
import type { TestHouse } from "./testing.ts";
import { createUseWatch } from "./watch-use.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const newId = createNewId(() => systemClock.now());
const ada = { kind: "person", id: "usr_ada", name: "ada" } as const;
let home: string;
let opened: TestHouse;
let house: OpenHouse;
/** only ever moved on */
let aheadMs = 0;

const POLICY = `
apiVersion: agentos.io/v1
kind: Policy
metadata: { name: killswitch, version: "1.0.0" }
spec:
  global: { authorized_roles: [incident_commander] }
  pack_level: { authorized_roles: [team_lead] }
  testing: { required_test_frequency_days: 30 }
`;

beforeAll(async () => {
  opened = await openTestHouse({ ...systemClock, now: () => systemClock.now() + aheadMs }, (given) =>
    writeFileSync(path.join(given, "killswitch.policy.yaml"), POLICY),
  );
  ({ home, house } = opened);
});
afterAll(() => opened.close());

/** The house's own watch looks too, and may have looked before the clock was moved. */
async function expectAlerts(titles: readonly string[]): Promise<void> {
  const look = async () => {
    await createUseWatch(house)();
    const alerts = house.database.kysely.selectFrom("alerts").select(["title", "status"]);
    const rows = await alerts.where("source", "=", "firebreak").orderBy("id").execute();
    return rows.filter(({ status }) => status === "open").map(({ title }) => title);
  };
  await expect.poll(look, { timeout: 5_000 }).toEqual(titles);
}

const deny = (target: string, drill = false) =>
  stopAgents(house, ada, { scope: "pack", target, level: "deny", reason: "it leaks", drill });

test("C-1: everything stopped for more than an hour is an alert, which ends with the stop", async () => {
  const { hold } = await stopAgents(house, ada, { scope: "global", level: "deny", reason: "it leaks" });
  aheadMs = 59 * MINUTE_MS;
  await expectAlerts([]);
  aheadMs = 61 * MINUTE_MS;
  await expectAlerts(["Everything has been stopped for more than 60 min"]);
  await house.killswitch.release(hold.id, { actor: ada, reason: "the key was rotated" });
  await expectAlerts([]);
});

test("C-1: more than five stops in a day are an alert; drills and what is older do not count", async () => {
  aheadMs = 3 * DAY_MS;
  for (const pack of ["a", "b", "c", "d", "e"]) await deny(pack);
  await deny("drilled", true);
  await expectAlerts([]);
  await deny("f");
  await expectAlerts(["More than 5 stops in 24 hours"]);
  aheadMs = 4 * DAY_MS + MINUTE_MS;
  await expectAlerts([]);
});

test("C-1: a drill that is due by the policy is an alert until a verified one was made", async () => {
  const due = ["A drill of the kill switch is due every 30 days"];
  aheadMs = 29 * DAY_MS;
  await expectAlerts([]);
  aheadMs = 31 * DAY_MS;
  await expectAlerts(due);
  // nothing runs that it could prove stopped
  await deny("nobody", true);
  await expectAlerts(due);
  const stream = () => new PassThrough().resume();
  const exit = runSupervisor({
    home,
    agent: "drilled",
    session: newId("session"),
    command: ["sleep", "600"],
    cwd: "/",
    env: process.env,
    clock: systemClock,
    newId,
    logger: silentLogger,
    stdio: { stdin: "ignore", stdout: stream(), stderr: stream() },
    signals: new EventEmitter(),
  });
  await until("it runs", () => listSupervisors({ home }).some(({ tree }) => tree === "running"));
  const request = { scope: "agent", target: "drilled", level: "kill", reason: "drill", drill: true } as const;
  expect(await stopAgents(house, ada, request)).toMatchObject({ verified: true });
  await exit;
  await expectAlerts([]);
}, 30_000);
