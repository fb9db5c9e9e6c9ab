import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { abortRun } from "./abort-run.ts";
import { completeManualStep } from "./answer-step.ts";
import { readPlaybook } from "./read-playbook.ts";
import { retryStep } from "./retry-step.ts";
import { renderLocks } from "./target-locks.ts";
import { fileEffectors, readActs } from "./testing/file-effectors.ts";
import { Died, createHarness } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { lintPlaybook } from "./lint.ts";
import { actionFields, manualFields, playbookText, stepFields } from "./testing/playbook-text.ts";
import type { StepFields } from "./testing/playbook-text.ts";

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
  await server.database.pool.query("truncate playbook_runs cascade");
});

const host = { inputs: { host: { type: "string" } } };
const onHost = { ...host, locks: ["host:${inputs.host}"] };

function request(steps: readonly StepFields[], extra: Readonly<Record<string, unknown>> = onHost, name = "db1") {
  const input = Object.hasOwn(extra["inputs"] ?? {}, "agentId") ? "agentId" : "host";
  return harness.request(playbookText(steps, extra), { inputs: { [input]: name } });
}

test("P-1: of two runs with one lock the second waits, says for which, and goes on when the first has ended", async () => {
  const first = await request([actionFields("one"), manualFields("ask")]);
  const second = await request([actionFields("two")]);
  await harness.execute(first);
  expect(await harness.execute(second)).toEqual({ kind: "waiting", reason: "locked" });
  expect(await harness.view(second)).toMatchObject({ reason: "locked", lockedBy: first, locks: ["host:db1"] });
  const { rows } = await server.database.pool.query("select leaf from audit_log where target = $1", [second]);
  expect(JSON.stringify(rows)).toContain(`waits for host:db1, which Test book (${first}) has`);
  await completeManualStep(harness.ctx, { runId: first, stepId: "ask", note: "done" });
  await harness.execute(first);
  expect(await harness.execute(second)).toEqual({ kind: "ended", state: "completed" });
  expect(readActs(harness.home)).toEqual(["apply one", "apply two"]);
});

test("a run that ends asks for those that wait for its locks, and for no others", async () => {
  const first = await request([manualFields("ask")]);
  const second = await request([actionFields("two")]);
  const elsewhere = await request([manualFields("ask")], onHost, "db2");
  for (const runId of [first, second, elsewhere]) await harness.execute(runId);
  await server.database.pool.query("delete from graphile_worker._private_jobs");
  await abortRun(harness.ctx, { runId: first, reason: "not needed" });
  await harness.execute(first);
  const { rows } = await server.database.pool.query<{ run: string }>(
    "select payload ->> 'runId' as run from graphile_worker._private_jobs where payload ->> 'runId' != $1",
    [first],
  );
  expect(rows).toEqual([{ run: second }]);
});

test("of many requested at once one acts at a time, in the order of their places, whoever is executed first", async () => {
  const runs = await Promise.all(Array.from({ length: 8 }, (_, index) => request([actionFields(`act-${index}`)])));
  for (let round = 0; round < runs.length; round++)
    await Promise.all(runs.toReversed().map((id) => harness.execute(id)));
  const states = await Promise.all(runs.map(async (id) => (await harness.view(id)).state));
  expect(new Set(states)).toEqual(new Set(["completed"]));
  expect(readActs(harness.home)).toHaveLength(8);
});

test("onLocked: refuse refuses the second at once; with another target it runs", async () => {
  const refusing = { ...onHost, onLocked: "refuse" };
  const first = await request([manualFields("ask")], refusing);
  await expect(request([actionFields("two")], refusing)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining(first),
  });
  expect(await harness.execute(await request([actionFields("two")], refusing, "db2"))).toMatchObject({
    state: "completed",
  });
});

test("a lock outlives the process that took it: until its run has ended nobody else acts", async () => {
  const first = await request([actionFields("one"), actionFields("more")]);
  const second = await request([actionFields("two")]);
  const dying = harness.execute(first, (point) => {
    if (point === "step.applied") throw new Died();
  });
  await expect(dying).rejects.toThrow(Died);
  expect(await harness.execute(second)).toEqual({ kind: "waiting", reason: "locked" });
  await harness.execute(first);
  expect(await harness.execute(second)).toEqual({ kind: "ended", state: "completed" });
});

test("two playbooks about one agent act one after the other, and none waits for a person of the other", async () => {
  const about = { inputs: { agentId: { type: "string" } } };
  const asking = await request([actionFields("one"), manualFields("ask"), actionFields("late")], about, "scout");
  const acting = await request([actionFields("two"), actionFields("three")], about, "scout");
  const dying = harness.execute(asking, (point) => {
    if (point === "step.applied") throw new Died();
  });
  await expect(dying).rejects.toThrow(Died);
  expect(await harness.execute(acting)).toEqual({ kind: "waiting", reason: "locked" });
  expect(await harness.execute(asking)).toEqual({ kind: "waiting", reason: "manual_step" });
  const between = harness.execute(acting, (point, stepId) => {
    if (point === "step.applied" && stepId === "two") throw new Died();
  });
  await expect(between).rejects.toThrow(Died);
  await completeManualStep(harness.ctx, { runId: asking, stepId: "ask", note: "done" });
  expect(await harness.execute(asking)).toEqual({ kind: "waiting", reason: "locked" });
  await harness.execute(acting);
  expect(await harness.execute(asking)).toEqual({ kind: "ended", state: "completed" });
});

test("a run that is taken up again asks for its locks anew", async () => {
  const bad = actionFields("bad", { with: { name: "bad", behaviour: "failed" } });
  const failed = await request([bad]);
  await harness.execute(failed);
  const other = await request([manualFields("ask")]);
  await harness.execute(other);
  await retryStep(harness.ctx, { runId: failed, stepId: "bad", reason: "mended" });
  expect(await harness.execute(failed)).toEqual({ kind: "waiting", reason: "locked" });
  await abortRun(harness.ctx, { runId: other, reason: "not needed" });
  await harness.execute(other);
  expect(await harness.execute(failed)).toEqual({ kind: "ended", state: "failed" });
});

test("a lock is filled in from inputs, each of a list by itself; one without a value refuses the run", () => {
  const scope = { runId: "run_1", incidentId: null };
  const render = (locks: string[], inputs: Record<string, unknown>) =>
    renderLocks({ id: "test-book", locks, phases: [] }, { ...scope, inputs }, new Map()).locks;
  expect(render(["${inputs.hosts}", "disk"], { hosts: ["b", "a", "b"] })).toEqual(["a", "b", "disk"]);
  expect(render([], { agentId: "scout" })).toEqual(["agent:scout"]);
  expect(render([], {})).toEqual([]);
  expect(() => render(["agent:${inputs.agentId}"], { agentId: null })).toThrow(/cannot lock .*inputs.agentId/);
});

test("P-1: a playbook that calls one about an agent locks that agent too, as far as it is known at the start", async () => {
  const about = { inputs: { agentId: { type: "string" } } };
  const act = [actionFields("act", { with: { name: "${inputs.agentId}" } })];
  const called = playbookText(act, { id: "called", ...about });
  const call = (agentId: string) => stepFields("call", "sub-playbook", { playbook: "called", inputs: { agentId } });
  const caller = (agentId: string, extra = {}) =>
    harness.request(playbookText([actionFields("make"), call(agentId)], { ...host, ...extra }), {
      inputs: { host: "scout" },
      calls: [called],
    });
  const locksOf = async (runId: string) => (await harness.view(runId)).locks;
  expect(await locksOf(await caller("${inputs.host}"))).toEqual(["agent:scout"]);
  expect(await locksOf(await caller("bob"))).toEqual(["agent:bob"]);
  expect(await locksOf(await caller("${steps.make.output.name}"))).toEqual([]);
  expect(await locksOf(await caller("bob", { locks: ["host:${inputs.host}"] }))).toEqual(["host:scout"]);
  const holder = await harness.request(playbookText(act, about), { inputs: { agentId: "eve" } });
  const waiting = await caller("eve");
  expect(await harness.execute(waiting)).toEqual({ kind: "waiting", reason: "locked" });
  await harness.execute(holder);
  expect(await harness.execute(waiting)).toEqual({ kind: "ended", state: "completed" });
});

test("the linter refuses a lock that names no input, and counts an input that only a lock reads as read", () => {
  const lint = (locks: string[]) => {
    const reading = readPlaybook("test.yaml", playbookText([actionFields("one")], { ...host, locks }));
    return reading.ok ? lintPlaybook(reading.document, fileEffectors).map(({ message }) => message) : ["unreadable"];
  };
  expect(lint(["host:${inputs.host}"])).toEqual([]);
  expect(lint(["host:${inputs.other}"])).toEqual([
    "${inputs.other} names an input that is not declared",
    "no step uses the input host",
  ]);
});
