import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestContext, insertAlert, openIncidentForAlert } from "../incidents/testing.ts";
import { createManualClock } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { completeManualStep } from "./answer-step.ts";
import { remindPhases } from "./remind-phases.ts";
import { createHarness } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText } from "./testing/playbook-text.ts";

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
  await server.database.pool.query("truncate incidents, alerts, playbook_runs, deliveries cascade");
});

const TEXT = playbookText([], {
  phases: [
    { id: "contain", timeBox: "15m", steps: [actionFields("stop"), manualFields("look")] },
    { id: "recover", timeBox: "1h", steps: [manualFields("mend", { timeBox: "3h" })] },
    { id: "learn", steps: [manualFields("review")] },
  ],
});

async function after(minutes: number) {
  const { profile } = await createTestContext(server.database);
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

const textsOf = async (question: string) =>
  (await server.database.pool.query<{ text: string }>(question)).rows.map(({ text }) => text);

test("P-1: a phase that takes longer than its time box is told of once, in the incident and to those concerned; the run goes on", async () => {
  const incidents = await createTestContext(server.database);
  const { incidentId } = await openIncidentForAlert(incidents, await insertAlert(incidents));
  const runId = await harness.request(TEXT, { incidentId });
  await harness.execute(runId);
  expect(await remindPhases(await after(14))).toBe(0);
  const late = await after(16);
  const both = await Promise.all([remindPhases(late), remindPhases(late)]);
  expect(both.filter((told) => told === 1)).toHaveLength(1);
  expect(await remindPhases(await after(600))).toBe(0);
  expect(await textsOf("select subject as text from deliveries")).toEqual([
    "Waits for ada: the phase contain takes longer than 15 min",
  ]);
  expect(await textsOf("select text from timeline where text like '%longer%'")).toEqual([
    expect.stringMatching(/the phase contain takes longer than 15 min — it began at .* and 1 of its steps is open/),
  ]);
  expect(await textsOf("select action as text from audit_log where action like 'playbook.phase%'")).toHaveLength(1);
  await completeManualStep(harness.ctx, { runId, stepId: "look", note: "looked" });
  await harness.execute(runId);
  expect(await remindPhases(await after(61))).toBe(1);
  expect((await harness.view(runId)).state).toBe("waiting");
});

test("nobody is told of a phase that is over, has not begun, or has no time box", async () => {
  const runId = await harness.request(TEXT);
  await harness.execute(runId);
  for (const stepId of ["look", "mend"]) {
    await completeManualStep(harness.ctx, { runId, stepId, note: "done" });
    await harness.execute(runId);
  }
  expect((await harness.view(runId)).steps.at(-1)).toMatchObject({ id: "review", state: "waiting" });
  expect(await remindPhases(await after(6000))).toBe(0);
});
