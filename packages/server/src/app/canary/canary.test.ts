import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listSupervisors } from "../../containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { runCanary } from "./run-canary.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "firebreak-canary-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const newId = createNewId(() => systemClock.now());
const options = (limitMs: number, environment = process.env) => ({
  home,
  environment,
  clock: systemClock,
  newId,
  logger: silentLogger,
  limitMs,
});

test("C-2: a test agent is frozen, resumed and killed with proof, and nothing is left", async () => {
  const result = await runCanary(options(5_000));
  expect(result.problem).toBeNull();
  expect(result.freezeMs).toBeGreaterThan(0);
  expect(result.killMs).toBeGreaterThan(0);
  expect(listSupervisors({ home })).toEqual([]);
  expect(readdirSync(path.join(home, "killswitch", "flags"))).toEqual([]);
  expect((await runCanary(options(5_000))).problem).toBeNull();
});

test("C-2: a stop that takes longer than the limit is a failure, and says how long it took", async () => {
  const result = await runCanary(options(0.001));
  expect(result.problem).toMatch(/freeze/);
  expect(listSupervisors({ home })).toEqual([]);
});

test("C-2: a hold that stays keeps the agent from starting: the round begins by clearing what another left", async () => {
  const killswitch = openKillswitch(options(1));
  const actor = { kind: "daemon", id: "canary", name: "canary" } as const;
  await killswitch.add({ scope: "global", target: null, level: "kill", reason: "left", actor });
  killswitch.close();
  expect((await runCanary(options(5_000))).problem).toBeNull();
});
