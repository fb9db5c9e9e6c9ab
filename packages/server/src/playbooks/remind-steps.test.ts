import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { loadShippedProfile } from "../incidents/testing.ts";
import { createManualClock } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { completeManualStep } from "./answer-step.ts";
import { pauseRun } from "./pause-run.ts";
import { remindSteps } from "./remind-steps.ts";
import { createHarness } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { manualFields, playbookText } from "./testing/playbook-text.ts";

let server: TestDatabase;
let harness: Harness;

beforeAll(async () => {
  server = await createTestDatabase();
});
afterAll(() => server.close());
beforeEach(() => {
  harness = createHarness(server.database);
});
afterEach(async () => {
  harness.close();
  await server.database.pool.query("truncate playbook_runs, deliveries cascade");
});

const roles = {
  lead: { title: "Lead", access: "commander" },
  desk: { title: "Night desk", access: "responder" },
};
const asking = manualFields("look", { role: "lead", remindAfter: "10m", escalateTo: "desk" });

async function notifying(minutes: number) {
  const profile = await loadShippedProfile();
  const hook = { kind: "webhook", url: "http://127.0.0.1:9/hook" } as const;
  return {
    ...harness.ctx,
    clock: createManualClock(Date.now() + minutes * 60_000),
    profile: {
      ...profile,
      channels: [{ ...hook, name: "room" }],
      notifications: [{ channel: "room", severities: [1, 2, 3, 4], templates: ["approval"] }] as never,
    },
    consoleUrl: "http://127.0.0.1:1",
    readSecret: () => Promise.resolve(undefined),
    makeAnswerLink: () => Promise.resolve({ url: "", person: null }),
    recordTimeline: () => Promise.resolve(),
  };
}

const deliveries = async () => (await server.database.pool.query("select subject from deliveries")).rows;

test("P-1: a step that nobody answers is told again once, and then who it escalates to may answer too", async () => {
  const runId = await harness.request(playbookText([asking], { roles }));
  await harness.execute(runId);
  const desk = { ...harness.ctx, access: "responder" as const };
  expect(await remindSteps(await notifying(9))).toBe(0);
  await expect(completeManualStep(desk, { runId, stepId: "look", note: "x" })).rejects.toMatchObject({
    code: "forbidden",
  });
  const later = await notifying(11);
  expect(
    await Promise.all([remindSteps(later), remindSteps(later)]).then((all) =>
      all.toSorted((one, other) => one - other),
    ),
  ).toEqual([0, 1]);
  expect(await remindSteps(later)).toBe(0);
  expect(await deliveries()).toEqual([{ subject: "Waits for Lead or Night desk: Ask look" }]);
  const { rows } = await server.database.pool.query("select action from audit_log where target = $1 order by seq", [
    runId,
  ]);
  expect(rows.at(-1)).toEqual({ action: "playbook.remind_step" });
  await completeManualStep(desk, { runId, stepId: "look", note: "looked" });
  expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
});

test("nobody is reminded of a step that was answered, or whose run is paused", async () => {
  const [answered, paused] = [1, 2].map(() => harness.request(playbookText([asking], { roles })));
  const runs = [await answered, await paused].map(String);
  for (const runId of runs) await harness.execute(runId);
  const [first = "", second = ""] = runs;
  await completeManualStep(harness.ctx, { runId: first, stepId: "look", note: "looked" });
  await pauseRun(harness.ctx, { runId: second, reason: "not now" });
  expect(await remindSteps(await notifying(11))).toBe(0);
  expect(await deliveries()).toEqual([]);
});
