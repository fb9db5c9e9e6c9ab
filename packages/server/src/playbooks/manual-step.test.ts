import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { completeManualStep } from "./answer-step.ts";
import { lintPlaybook } from "./lint.ts";
import { readPlaybook } from "./read-playbook.ts";
import { fileEffectors, readActs } from "./testing/file-effectors.ts";
import { createHarness, stateOf } from "./testing/harness.ts";
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
afterEach(() => harness.close());

const roles = { lead: { title: "Lead", access: "commander" } };
const look = manualFields("look", {
  checklist: ["the disk was looked at", "the owner knows"],
  capture: [
    { name: "name", label: "Name of the host" },
    { name: "free", label: "Free space", type: "number", required: false },
  ],
});
const done = { stepId: "look", note: "looked" } as const;
const ticked = { ...done, checked: look["checklist"] as string[] };

test("P-1: a manual step is done when all is ticked and written down, and hands on what was seen", async () => {
  const use = actionFields("use", { with: { name: "${steps.look.output.name}" } });
  const runId = await harness.request(playbookText([look, use]));
  await harness.execute(runId);
  const answer = (part: object) => completeManualStep(harness.ctx, { runId, ...ticked, ...part });
  await expect(answer({ checked: ["the owner knows"], captured: { name: "db1" } })).rejects.toMatchObject({
    code: "invalid_body",
    errors: [{ where: "/checked", message: "not ticked: the disk was looked at" }],
  });
  await expect(answer({ captured: { free: "much", other: 1 } })).rejects.toMatchObject({
    errors: [{ where: "/captured/name" }, { where: "/captured/free" }, { where: "/captured/other" }],
  });
  expect(stateOf(await harness.view(runId), "look")).toBe("waiting");
  await answer({ captured: { name: " db1 " } });
  expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
  expect((await harness.view(runId)).steps[0]).toMatchObject({ state: "succeeded", output: { name: "db1" } });
  expect(readActs(harness.home)).toEqual(["apply db1"]);
});

test("a step that is not done needs neither ticks nor values", async () => {
  const runId = await harness.request(playbookText([look]));
  await harness.execute(runId);
  await completeManualStep(harness.ctx, { runId, ...done, result: "not_done" });
  expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
});

test("P-1: a step that asks a role is answered by nobody else", async () => {
  const runId = await harness.request(playbookText([manualFields("look", { role: "lead" })], { roles }));
  await harness.execute(runId);
  const responder = { ...harness.ctx, access: "responder" as const };
  await expect(completeManualStep(responder, { runId, ...done })).rejects.toMatchObject({ code: "forbidden" });
  expect((await harness.view(runId)).steps[0]?.input).toMatchObject({ role: { id: "lead", access: "commander" } });
  await completeManualStep(harness.ctx, { runId, ...done });
  expect(stateOf(await harness.view(runId), "look")).toBe("succeeded");
});

test("of two answers at once one counts", async () => {
  const runId = await harness.request(playbookText([manualFields("look")]));
  await harness.execute(runId);
  const results = ["done", "not_done"] as const;
  const answers = await Promise.allSettled(
    results.map((result) => completeManualStep(harness.ctx, { runId, ...done, result })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("the linter refuses a value that is asked for twice, and one read later that may be left out", () => {
  const twice = manualFields("look", {
    capture: [
      { name: "host", label: "Host" },
      { name: "host", label: "Host again" },
    ],
  });
  const optional = manualFields("more", { capture: [{ name: "free", label: "Free", required: false }] });
  const uses = ["free", "other"].map((name) =>
    actionFields(`use-${name}`, { with: { name: `x\${steps.more.output.${name}}` } }),
  );
  const reading = readPlaybook("test.yaml", playbookText([twice, optional, ...uses]));
  const findings = reading.ok ? lintPlaybook(reading.document, fileEffectors) : [];
  expect(findings.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    "error: host is captured already",
    "error: ${steps.more.output.free} may be left out by the person",
    "error: ${steps.more.output.other} names nothing that the step more captures",
  ]);
});
