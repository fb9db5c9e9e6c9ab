import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNewId, loadProfile, readConfig, requireProfile, silentLogger, systemClock } from "../../kernel/index.ts";
import type { Profile } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { createCanary } from "./canary.ts";

const profilesDir = path.resolve(import.meta.dirname, "../../../../../profiles");
const newId = createNewId(() => systemClock.now());
let home: string;
let testDatabase: TestDatabase;
let profile: Profile;
let aheadMs = 0;

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), "firebreak-canary-alert-"));
  testDatabase = await createTestDatabase();
  profile = requireProfile(await loadProfile({ home, profilesDir, name: "ai-empire" }));
});
afterAll(async () => {
  await testDatabase.close();
  rmSync(home, { recursive: true, force: true });
});

function openCanary(limitMs: number) {
  const { database } = testDatabase;
  const clock = { now: () => systemClock.now(), monotonicMs: () => systemClock.monotonicMs() + aheadMs };
  const canary = { everySeconds: 60, limitMs };
  const config = readConfig({ FIREBREAK_HOME: home });
  const house = { config, database, clock, newId, logger: silentLogger, profile: { ...profile, canary } };
  return createCanary(house, process.env);
}

async function alerts() {
  const found = testDatabase.database.kysely.selectFrom("alerts").select(["title", "severity", "status"]);
  return found.orderBy("id").execute();
}

test("C-2: a canary that is not stopped in time is one alert of severity 2, which ends when it is", async () => {
  const late = openCanary(0.001);
  await late.pass();
  expect(late.view().state).toBe("waiting");
  aheadMs += 61_000;
  await late.pass();
  aheadMs += 61_000;
  await late.pass();
  expect(late.view()).toMatchObject({ state: "failing", problem: expect.stringContaining("freeze") });
  const alert = { title: "The kill switch did not stop its test agent", severity: 2 };
  expect(await alerts()).toEqual([{ ...alert, status: "open" }]);

  const inTime = openCanary(10_000);
  aheadMs += 61_000;
  await inTime.pass();
  expect(inTime.view()).toMatchObject({ state: "ok", problem: null });
  expect(await alerts()).toEqual([{ ...alert, status: "resolved" }]);
}, 30_000);
