import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { describePlaybook, describeRunPlaybook, loadPlaybooks, requestRun, viewRefused } from "./index.ts";
import { createHarness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText } from "./testing/playbook-text.ts";

let server: TestDatabase;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "firebreak-describe-"));
  server = await createTestDatabase();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const DECISION = {
  id: "how-bad",
  title: "How bad is it",
  type: "decision",
  timeBox: "10m",
  role: "lead",
  question: "Does anything still run?",
  options: [
    { id: "yes", label: "It runs", severity: 1, steps: [actionFields("stop"), manualFields("tell")] },
    { id: "no", label: "It is still", when: "inputs.calm", steps: [manualFields("look")] },
  ],
};
const FANNED = {
  id: "both",
  title: "Both at once",
  type: "parallel",
  timeBox: "1m",
  branches: [
    { id: "left", steps: [actionFields("one")] },
    { id: "right", title: "On the right", steps: [actionFields("two")] },
  ],
};

test("P-1: a playbook is described whole: what stands within what, in words and at which line", async () => {
  const dir = join(folder, "whole");
  mkdirSync(dir);
  const text = playbookText([actionFields("first"), DECISION, FANNED], {
    id: "tree",
    inputs: { calm: { type: "boolean", default: false } },
    roles: { lead: { title: "Lead", access: "commander" } },
  });
  writeFileSync(join(dir, "tree.yaml"), text);
  const harness = createHarness(server.database);
  const { effectors } = harness.ctx;
  const loaded = await loadPlaybooks([dir], effectors);
  const detail = await describePlaybook({ database: server.database, effectors }, loaded, "tree");
  const lines = text.split("\n");
  for (const step of detail.steps) expect(lines[step.line - 1]).toMatch(new RegExp(`- |id: "?${step.id}"?`));
  expect(detail.steps.map(({ id, parent, option, depth }) => [id, parent, option, depth])).toEqual([
    ["first", null, null, 0],
    ["how-bad", null, null, 0],
    ["stop", "how-bad", "yes", 1],
    ["tell", "how-bad", "yes", 1],
    ["look", "how-bad", "no", 1],
    ["both", null, null, 0],
    ["one", "both", "left", 1],
    ["two", "both", "right", 1],
  ]);
  expect(detail.steps[1]).toMatchObject({
    text: "Does anything still run?",
    role: "lead",
    groups: [
      { id: "yes", label: "It runs", when: null, severity: 1 },
      { id: "no", label: "It is still", when: "inputs.calm", severity: null },
    ],
  });
  expect(detail.roles).toEqual([{ id: "lead", title: "Lead", access: "commander", duty: null }]);
  harness.close();
});

test("a file that does not load has its text, its problems and no steps that it cannot have", async () => {
  const dir = join(folder, "broken");
  mkdirSync(dir);
  writeFileSync(join(dir, "half.yaml"), "id: half\ntitle: [");
  const unlinted = playbookText([{ ...actionFields("first"), effector: "no.such" }], { id: "unlinted" });
  writeFileSync(join(dir, "unlinted.yaml"), unlinted);
  const harness = createHarness(server.database);
  const loaded = await loadPlaybooks([dir], harness.ctx.effectors);
  const ctx = { database: server.database, effectors: harness.ctx.effectors };
  expect(viewRefused(loaded).map(({ id, problems }) => [id, problems.length > 0])).toEqual([
    ["half", true],
    ["unlinted", true],
  ]);
  const half = await describePlaybook(ctx, loaded, "half");
  expect(half).toMatchObject({ runnable: false, title: "half", steps: [], text: "id: half\ntitle: [" });
  expect(half.problems[0]?.line).toBe(2);
  const other = await describePlaybook(ctx, loaded, "unlinted");
  expect(other).toMatchObject({ runnable: false, steps: [{ id: "first", effector: "no.such" }] });
  await expect(describePlaybook(ctx, loaded, "nothing")).rejects.toThrow("there is no playbook nothing");
  harness.close();
});

test("a run keeps the text it began with, and the playbook tells which texts ran", async () => {
  const dir = join(folder, "versions");
  mkdirSync(dir);
  const harness = createHarness(server.database);
  const { ctx } = harness;
  const request = async (title: string) => {
    writeFileSync(join(dir, "kept.yaml"), playbookText([actionFields("first")], { id: "kept", title }));
    const loaded = await loadPlaybooks([dir], ctx.effectors);
    const verbs = { ...ctx, actor: harness.ctx.actor, playbooks: loaded.playbooks };
    const { runId } = await inTransaction(server.database, (trx) =>
      requestRun(trx, verbs, { playbookId: "kept", incidentId: null, inputs: {} }),
    );
    return { runId, loaded };
  };
  const before = await request("As it was");
  const after = await request("As it is");
  expect((await describeRunPlaybook(ctx, before.runId)).title).toBe("As it was");
  const now = await describePlaybook(ctx, after.loaded, "kept");
  expect(now.title).toBe("As it is");
  expect(now.versions.map(({ runs }) => runs)).toEqual([1, 1]);
  expect(now.versions.map(({ hash }) => hash)).toContain(now.hash);
  harness.close();
});
