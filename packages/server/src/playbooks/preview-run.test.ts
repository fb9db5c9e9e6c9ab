import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { getIncident, reportIncident } from "../incidents/index.ts";
import { createTestContext } from "../incidents/testing.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { previewPlaybook } from "./describe-preview.ts";
import { startRun } from "./start-run.ts";
import { readActs } from "./testing/file-effectors.ts";
import { Died, createHarness, loadText } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText } from "./testing/playbook-text.ts";
import { undoEndedRun } from "./undo-ended.ts";

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

const decision = {
  id: "how",
  title: "How bad is it?",
  type: "decision",
  question: "How bad is it?",
  timeBox: "10m",
  options: [
    { id: "bad", label: "Bad", steps: [actionFields("stop", { effector: "file.destroy", undo: "none" })] },
    { id: "fine", label: "Fine", steps: [actionFields("look", { when: "inputs.who == 'ada'" })] },
  ],
};
const text = playbookText(
  [
    actionFields("first", { effector: "evidence.collect", with: { name: "${inputs.who}" }, undo: "auto" }),
    decision,
    actionFields("later", {
      with: { name: "${steps.first.output.made}" },
      approval: { role: "lead", people: 2, checklist: ["all out"] },
    }),
    manualFields("tell", { role: "lead" }),
  ],
  {
    inputs: { who: { type: "string" } },
    roles: { lead: { title: "Lead", access: "commander" } },
    locks: ["desk:${inputs.who}"],
  },
);

function verbs() {
  const playbook = loadText(text);
  return { ...harness.ctx, playbooks: new Map([[playbook.document.id, playbook]]) };
}

test("P-1: the preview shows every branch, what would be asked of whom, what stays, and what is locked; nothing is done", async () => {
  const request = { playbookId: "test-book", incidentId: null, inputs: { who: "ada" } };
  const running = await startRun(verbs(), request);
  const preview = await previewPlaybook(verbs(), request);
  expect(preview.steps.map(({ id, parent, option, doing }) => [id, parent, option, doing])).toEqual([
    ["first", null, null, "evidence.collect"],
    ["how", null, null, "one of: bad; fine; else a person answers"],
    ["stop", "how", "bad", "file.destroy"],
    ["look", "how", "fine", "file.write"],
    ["later", null, null, "file.write"],
    ["tell", null, null, "a person does it and says so"],
  ]);
  expect(preview.steps[0]).toMatchObject({ input: { name: "ada" }, changes: ["would write ada"] });
  expect(preview.steps[4]).toMatchObject({ changes: [], note: "depends on what earlier steps find" });
  expect(preview.asks).toMatchObject([
    { stepId: "how", kind: "decision", role: null, people: 1 },
    { stepId: "later", kind: "approval", role: "Lead", access: "commander", people: 2, checklist: ["all out"] },
    { stepId: "tell", kind: "manual", role: "Lead" },
  ]);
  expect(preview.cannotUndo.map(({ stepId, why }) => [stepId, why])).toEqual([
    ["first", "it cannot be taken back"],
    ["stop", "what it destroys does not come back"],
    ["look", "it cannot be taken back"],
    ["later", "it cannot be taken back"],
  ]);
  expect(preview).toMatchObject({ locks: ["desk:ada"], lockedBy: running.id });
  expect(readActs(harness.home)).toEqual([]);
});

test("P-1: a run that only observes says in the incident what each step would do, does nothing, and is never completed", async () => {
  const incidents = await createTestContext(server.database);
  const { id: incidentId } = await reportIncident(incidents, { title: "Down", severity: 1, type: "other" });
  const request = { playbookId: "test-book", incidentId, inputs: { who: "ada" }, observe: true };
  const { id: runId, observes } = await startRun(verbs(), request);
  expect(observes).toBe(true);
  const dying = harness.execute(runId, (point) => {
    if (point === "run.before_end") throw new Died();
  });
  await expect(dying).rejects.toThrow(Died);
  expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "observed" });
  const run = await harness.view(runId);
  expect(run.steps.every(({ state, reason }) => state === "skipped" && reason === "observed")).toBe(true);
  expect(run.locks).toEqual([]);
  expect(readActs(harness.home)).toEqual([]);
  const { timeline } = await getIncident(incidents, incidentId);
  const told = timeline.filter(({ source }) => source === "playbook").map((entry) => entry.text);
  expect(told).toEqual([
    "Do first: would have — would write ada — not undone: it cannot be taken back",
    expect.stringMatching(/^How bad is it\?: would have — one of: bad; fine/),
    expect.stringMatching(/^Do stop: would have — would write stop — not undone: what it destroys/),
    expect.stringMatching(/^Do look: would have — when inputs.who == 'ada': would write look/),
    expect.stringMatching(/^Do later: would have — .*depends on what earlier steps find.*would ask Lead first/),
    "Ask tell: would have — asks Lead: Look at it.",
    "Test book: observed",
  ]);
  await expect(undoEndedRun(harness.ctx, { runId, reason: "not needed" })).rejects.toMatchObject({ code: "conflict" });
});

test("the preview of inputs that do not fit, or of an incident that is not there, is refused", async () => {
  const refused = previewPlaybook(verbs(), { playbookId: "test-book", incidentId: null, inputs: {} });
  await expect(refused).rejects.toMatchObject({ code: "invalid_body" });
  const unknown = previewPlaybook(verbs(), { playbookId: "test-book", incidentId: "INC-1", inputs: { who: "ada" } });
  await expect(unknown).rejects.toMatchObject({ code: "not_found" });
});
