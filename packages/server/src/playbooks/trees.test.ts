import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RunView } from "@firebreak/protocol";
import { getIncident, reportIncident } from "../incidents/index.ts";
import { createManualClock } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { abortRun } from "./abort-run.ts";
import { completeManualStep } from "./answer-step.ts";
import { executeRun } from "./execute-run.ts";
import type { RunProgress } from "./execute-run.ts";
import { signalRun } from "./signal-run.ts";
import { readActs } from "./testing/file-effectors.ts";
import { createHarness, reasonOf, stateOf } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText, stepFields } from "./testing/playbook-text.ts";
import type { StepFields } from "./testing/playbook-text.ts";
import { wakeRuns } from "./wake-runs.ts";

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

async function run(steps: readonly StepFields[], extra: Parameters<typeof playbookText>[1] = {}): Promise<RunView> {
  const runId = await harness.request(playbookText(steps, extra));
  await harness.execute(runId);
  return harness.view(runId);
}

const states = (view: RunView) => Object.fromEntries(view.steps.map(({ id, state }) => [id, state]));
const fails = (id: string, extra: Readonly<Record<string, unknown>> = {}) =>
  actionFields(id, { with: { name: id, behaviour: "failed" }, ...extra });

describe("P-1: decisions", () => {
  const decide = (extra: Readonly<Record<string, unknown>> = {}, when = "false || run.id == ''") =>
    stepFields("how", "decision", {
      question: "How bad is it?",
      options: [
        { id: "bad", label: "Bad", when, severity: 1, steps: [actionFields("stop"), actionFields("tell")] },
        { id: "mild", label: "Mild", steps: [actionFields("watch")] },
        { id: "none", label: "Nothing at all" },
      ],
      ...extra,
    });

  test("the first option whose condition is true is taken; the others are not chosen, which is no exception", async () => {
    const view = await run([
      actionFields("one"),
      decide({}, "steps.one.output.made == 'made-one'"),
      actionFields("last"),
    ]);
    expect(readActs(harness.home)).toEqual(["apply one", "apply stop", "apply tell", "apply last"]);
    expect([view.state, view.reason]).toEqual(["completed", null]);
    expect(view.steps.map(({ id, parent, option }) => [id, parent, option])).toEqual([
      ["one", null, null],
      ["how", null, null],
      ["stop", "how", "bad"],
      ["tell", "how", "bad"],
      ["watch", "how", "mild"],
      ["last", null, null],
    ]);
    expect([stateOf(view, "watch"), reasonOf(view, "watch")]).toEqual(["skipped", "not_chosen"]);
    expect(view.steps[1]?.output).toMatchObject({ option: "bad", by: null });
  });

  test("otherwise is taken when no condition is true, and ends at once when nothing stands in it", async () => {
    const options = [
      { id: "bad", label: "Bad", when: "run.id == ''", steps: [actionFields("stop")] },
      { id: "none", label: "Nothing at all" },
    ];
    const view = await run([decide({ otherwise: "none", options }), actionFields("last")]);
    expect(readActs(harness.home)).toEqual(["apply last"]);
    expect(view.state).toBe("completed");
  });

  test("a person answers when no condition is true, and nothing is taken for false that cannot be told", async () => {
    const runId = await harness.request(playbookText([decide({}, "run.nothing == 1"), actionFields("last")]));
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "decision" });
    const waiting = await harness.view(runId);
    expect(waiting.steps[0]).toMatchObject({ state: "waiting", input: { question: "How bad is it?" } });
    expect(waiting.steps[0]?.message).toMatch(/cannot be told.*nothing/);
    const answer = { runId, stepId: "how", note: "looked" };
    await expect(completeManualStep(harness.ctx, { ...answer, result: "done" })).rejects.toMatchObject({
      code: "invalid_body",
    });
    await expect(completeManualStep(harness.ctx, { ...answer, result: "done", option: "other" })).rejects.toMatchObject(
      { code: "invalid_body" },
    );
    await completeManualStep(harness.ctx, { ...answer, result: "done", option: "mild" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual(["apply watch", "apply last"]);
    const view = await harness.view(runId);
    expect(view.steps[0]).toMatchObject({ state: "succeeded", output: { option: "mild", by: "ada" } });
  });

  test.each(["machine", "person"])(
    "a %s that takes an option gives the incident its severity, on record",
    async (who) => {
      const incident = await reportIncident(harness.ctx, { title: "It burns", severity: 3, type: "other" });
      const text = playbookText([decide({}, who === "machine" ? "incident.severity == 3" : "incident.severity == 4")]);
      const runId = await harness.request(text, { incidentId: incident.id });
      await harness.execute(runId);
      if (who === "person") {
        await completeManualStep(harness.ctx, { runId, stepId: "how", note: "saw it", option: "bad" });
        await harness.execute(runId);
      }
      const { severity, timeline } = await getIncident(harness.ctx, incident.id);
      expect(severity).toBe(1);
      const entry = timeline.find(({ kind }) => kind === "severity");
      expect(entry?.text).toMatch(/SEV-3 to SEV-1: decided: Bad/);
      expect(entry?.actor.kind).toBe(who === "machine" ? "playbook" : "person");
    },
  );

  test("a person who refuses to decide fails the step, and no option runs", async () => {
    const runId = await harness.request(playbookText([decide(), actionFields("last")]));
    await harness.execute(runId);
    await completeManualStep(harness.ctx, { runId, stepId: "how", note: "cannot tell", result: "not_done" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    expect(readActs(harness.home)).toEqual([]);
  });
});

describe("P-1: parallel steps", () => {
  const both = (left: readonly StepFields[], right: readonly StepFields[], extra = {}) =>
    stepFields("both", "parallel", {
      branches: [
        { id: "left", steps: left },
        { id: "right", steps: right },
      ],
      ...extra,
    });

  test("run their branches at once: each waits for what only the other does", async () => {
    const meet = (id: string, other: string) =>
      actionFields(id, { with: { name: id, behaviour: "meets", meets: other } });
    const view = await run([both([meet("l", "r")], [meet("r", "l")]), actionFields("last")]);
    expect(view.state).toBe("completed");
    expect(readActs(harness.home).at(-1)).toBe("apply last");
  });

  test("a branch that stops leaves the other one alone, and fails the step", async () => {
    const view = await run([
      both([fails("l"), actionFields("l2")], [actionFields("r"), actionFields("r2")]),
      actionFields("last"),
    ]);
    expect(states(view)).toEqual({
      both: "failed",
      l: "failed",
      l2: "skipped",
      r: "succeeded",
      r2: "succeeded",
      last: "skipped",
    });
    expect([view.state, view.reason, reasonOf(view, "both")]).toEqual(["failed", "step_failed", "failed_within"]);
  });

  test.each([
    [
      "continue within",
      both([fails("l", { onFailure: "continue" })], [actionFields("r")]),
      "completed_with_exceptions",
      1,
    ],
    ["fail_at_end within", both([fails("l", { onFailure: "fail_at_end" })], [actionFields("r")]), "failed", 1],
    [
      "continue around",
      both([fails("l")], [actionFields("r")], { onFailure: "continue" }),
      "completed_with_exceptions",
      1,
    ],
    ["fail_at_end around", both([fails("l")], [actionFields("r")], { onFailure: "fail_at_end" }), "failed", 1],
    ["stop around", both([fails("l")], [actionFields("r")]), "failed", 0],
  ])("%s: the run ends as it says", async (_what, step, state, last) => {
    const view = await run([step, actionFields("last")]);
    expect([view.state, view.reason]).toEqual([state, "step_failed"]);
    expect(readActs(harness.home).filter((act) => act === "apply last")).toHaveLength(last);
  });

  test("one branch waits for a person while the other one acts", async () => {
    const runId = await harness.request(playbookText([both([manualFields("ask")], [actionFields("r")])]));
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "manual_step" });
    expect(readActs(harness.home)).toEqual(["apply r"]);
    await completeManualStep(harness.ctx, { runId, stepId: "ask", note: "done" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
  });

  test("an abort undoes what both did, last one first", async () => {
    const auto = { undo: "auto" };
    const steps = [
      both([actionFields("l", auto), manualFields("ask")], [actionFields("r", auto), actionFields("r2", auto)]),
    ];
    const runId = await harness.request(playbookText(steps));
    await harness.execute(runId);
    const done = readActs(harness.home);
    await abortRun(harness.ctx, { runId, reason: "false alarm" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "aborted" });
    const undone = readActs(harness.home).slice(done.length);
    expect(undone.toSorted()).toEqual(["undo l", "undo r", "undo r2"]);
    expect(undone.indexOf("undo r2")).toBeLessThan(undone.indexOf("undo r"));
    const view = await harness.view(runId);
    expect(states(view)).toEqual({ both: "interrupted", l: "undone", ask: "skipped", r: "undone", r2: "undone" });
  });
});

describe("P-1: for-each steps", () => {
  const loop = (steps: readonly StepFields[], extra: Readonly<Record<string, unknown>> = {}) =>
    stepFields("loop", "for-each", { in: "['a', 'b', 'c']", steps, ...extra });

  test("do their steps for each item, one after another, with rows of their own", async () => {
    const steps = [
      actionFields("one", { with: { name: "${each}" } }),
      actionFields("two", { with: { name: "${steps.one.output.made}" }, when: "index != 1 && each != 'z'" }),
    ];
    const view = await run([loop(steps), actionFields("last")]);
    expect(readActs(harness.home)).toEqual([
      "apply a",
      "apply made-a",
      "apply b",
      "apply c",
      "apply made-c",
      "apply last",
    ]);
    expect(view.steps.map(({ id, parent, item }) => [id, parent, item])).toEqual([
      ["loop", null, null],
      ["one#0", "loop", 0],
      ["two#0", "loop", 0],
      ["one#1", "loop", 1],
      ["two#1", "loop", 1],
      ["one#2", "loop", 2],
      ["two#2", "loop", 2],
      ["last", null, null],
    ]);
    expect([view.state, stateOf(view, "two#1")]).toEqual(["completed", "skipped"]);
    expect(view.steps[0]).toMatchObject({ input: { items: ["a", "b", "c"] }, output: { count: 3 } });
  });

  test("stand within each other", async () => {
    const inner = stepFields("inner", "for-each", {
      in: "[each + '1', each + '2']",
      steps: [actionFields("do", { with: { name: "${each}" } })],
    });
    const view = await run([loop([inner], { in: "['a', 'b']" })]);
    expect(readActs(harness.home)).toEqual(["apply a1", "apply a2", "apply b1", "apply b2"]);
    expect(view.steps.map(({ id }) => id)).toEqual([
      "loop",
      "inner#0",
      "do#0#0",
      "do#0#1",
      "inner#1",
      "do#1#0",
      "do#1#1",
    ]);
    expect(view.state).toBe("completed");
  });

  test("an item that stops keeps further ones from beginning", async () => {
    const view = await run([loop([actionFields("one", { with: { name: "${each}", behaviour: "failed" } })])]);
    expect(readActs(harness.home)).toEqual(["apply a"]);
    expect(states(view)).toEqual({ loop: "failed", "one#0": "failed", "one#1": "skipped", "one#2": "skipped" });
    expect(view.state).toBe("failed");
  });

  test("several items at once, as many as they say", async () => {
    const meets = { name: "${each.name}", behaviour: "meets", meets: "${each.other}" };
    const items = "[{'name': 'a', 'other': 'b'}, {'name': 'b', 'other': 'a'}]";
    const view = await run([loop([actionFields("one", { with: meets })], { in: items, atOnce: 2 })]);
    expect(view.state).toBe("completed");
  });

  test.each([
    ["what is no list", "run.id"],
    ["what cannot be told", "run.nothing"],
    ["more items than may be", `[${Array.from({ length: 101 }, (_, index) => index).join(",")}]`],
  ])("%s fails the step and nothing in it runs", async (_what, list) => {
    const view = await run([loop([actionFields("one")], { in: list })]);
    expect(readActs(harness.home)).toEqual([]);
    expect([view.state, reasonOf(view, "loop")]).toEqual(["failed", "condition_failed"]);
  });

  test("an empty list is done at once", async () => {
    const view = await run([loop([actionFields("one")], { in: "[]" }), actionFields("last")]);
    expect([view.state, stateOf(view, "loop")]).toEqual(["completed", "succeeded"]);
  });
});

describe("P-1: waits", () => {
  const START = Date.UTC(2026, 10, 20, 12);

  /** As the work engine does when the clock moves: what is due is asked for and executed. */
  function moving() {
    const clock = createManualClock(START);
    const ctx = { ...harness.ctx, clock };
    return {
      ctx,
      execute: (runId: string): Promise<RunProgress> => executeRun(ctx, runId),
      async advance(ms: number, runId: string): Promise<RunProgress | null> {
        clock.advance(ms);
        return (await wakeRuns(ctx)) > 0 ? executeRun(ctx, runId) : null;
      },
    };
  }

  test("for a time go on when it is over, without a process that waits", async () => {
    const time = moving();
    const runId = await harness.request(
      playbookText([stepFields("rest", "wait", { for: "10m" }), actionFields("last")]),
    );
    expect(await time.execute(runId)).toEqual({ kind: "waiting", reason: "wait" });
    expect((await harness.view(runId)).wakeAt).toBe(new Date(START + 600_000).toISOString());
    expect(await time.advance(599_000, runId)).toBeNull();
    expect(await time.advance(1000, runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual(["apply last"]);
  });

  test("for a condition look again and again, and what was seen is the output", async () => {
    const time = moving();
    const probe = { effector: "file.look", with: { name: "up", behaviour: "counts" } };
    const wait = stepFields("up", "wait", { probe, until: "output.count >= 3", every: "10s" });
    const runId = await harness.request(
      playbookText([wait, actionFields("last", { when: "steps.up.output.count == 3" })]),
    );
    expect(await time.execute(runId)).toEqual({ kind: "waiting", reason: "wait" });
    expect(await time.advance(10_000, runId)).toEqual({ kind: "waiting", reason: "wait" });
    expect(await time.advance(10_000, runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual(["apply up", "apply up", "apply up", "apply last"]);
  });

  test("what cannot be read is looked at again, until the time box runs out", async () => {
    const time = moving();
    const probe = { effector: "file.look", with: { name: "up", behaviour: "failed" } };
    const wait = stepFields("up", "wait", {
      probe,
      until: "output.count >= 3",
      every: "10s",
      timeBox: "25s",
      onTimeout: "continue",
    });
    const runId = await harness.request(playbookText([wait, actionFields("last")]));
    await time.execute(runId);
    await time.advance(10_000, runId);
    await time.advance(10_000, runId);
    expect(await time.advance(5000, runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
    const view = await harness.view(runId);
    expect([stateOf(view, "up"), reasonOf(view, "up"), view.reason]).toEqual([
      "timed_out",
      "time_box",
      "step_timed_out",
    ]);
  });

  test("for a signal: its body is the output, early or late, once", async () => {
    const steps = [
      stepFields("first", "wait", { signal: "restored" }),
      stepFields("second", "wait", { signal: "checked" }),
      actionFields("last", { with: { name: "${steps.first.output.who}" } }),
    ];
    const runId = await harness.request(playbookText(steps));
    await signalRun(harness.ctx, { runId, name: "checked", body: { a: 1, b: [2] } });
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "wait" });
    await signalRun(harness.ctx, { runId, name: "restored", body: { who: "bob" } });
    await signalRun(harness.ctx, { runId, name: "checked", body: { b: [2], a: 1 } });
    await expect(signalRun(harness.ctx, { runId, name: "checked", body: { a: 2 } })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual(["apply bob"]);
    await expect(signalRun(harness.ctx, { runId, name: "late" })).rejects.toMatchObject({ code: "conflict" });
    await expect(signalRun(harness.ctx, { runId: "run_none", name: "x" })).rejects.toMatchObject({ code: "not_found" });
  });

  test("a step around others runs out of time with all that is open in it", async () => {
    const time = moving();
    const both = stepFields("both", "parallel", {
      timeBox: "1m",
      onTimeout: "continue",
      branches: [
        {
          id: "left",
          steps: [
            stepFields("in", "parallel", {
              branches: [
                { id: "a", steps: [stepFields("rest", "wait", { for: "10m" })] },
                { id: "b", steps: [actionFields("b1")] },
              ],
            }),
            actionFields("never"),
          ],
        },
        { id: "right", steps: [manualFields("ask")] },
      ],
    });
    const runId = await harness.request(playbookText([both, actionFields("last")]));
    expect(await time.execute(runId)).toMatchObject({ kind: "waiting" });
    expect(await time.advance(60_000, runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
    const view = await harness.view(runId);
    expect(states(view)).toEqual({
      both: "timed_out",
      in: "timed_out",
      rest: "skipped",
      b1: "succeeded",
      never: "skipped",
      ask: "skipped",
      last: "succeeded",
    });
  });
});

describe("P-1: sub-playbooks", () => {
  const called = (steps: readonly StepFields[], extra: Readonly<Record<string, unknown>> = {}) =>
    playbookText(steps, { id: "called", inputs: { who: { type: "string" } }, ...extra });
  const call = (extra: Readonly<Record<string, unknown>> = {}) =>
    stepFields("call", "sub-playbook", { playbook: "called", inputs: { who: "bob" }, ...extra });

  async function runCalling(steps: readonly StepFields[], calls: readonly string[]): Promise<RunView> {
    const runId = await harness.request(playbookText(steps), { calls });
    await harness.execute(runId);
    return harness.view(runId);
  }

  test("run another playbook's steps with inputs, and hand its outputs back", async () => {
    const text = called([actionFields("do", { with: { name: "${inputs.who}" } })], {
      outputs: { made: "steps.do.output.made", twice: "inputs.who + inputs.who" },
    });
    const view = await runCalling(
      [call(), actionFields("last", { with: { name: "${steps.call.output.made}" } })],
      [text],
    );
    expect(readActs(harness.home)).toEqual(["apply bob", "apply made-bob"]);
    expect(view.steps.map(({ id, parent }) => [id, parent])).toEqual([
      ["call", null],
      ["call/do", "call"],
      ["last", null],
    ]);
    expect([view.state, view.steps[0]?.output]).toEqual(["completed", { made: "made-bob", twice: "bobbob" }]);
  });

  test("in a for-each have rows of their own for each item", async () => {
    const text = called([
      actionFields("do", { with: { name: "${inputs.who}" } }),
      stepFields("again", "for-each", {
        in: "[inputs.who + 'x']",
        steps: [actionFields("more", { with: { name: "${each}" } })],
      }),
    ]);
    const loop = stepFields("loop", "for-each", { in: "['a', 'b']", steps: [call({ inputs: { who: "${each}" } })] });
    const view = await runCalling([loop], [text]);
    expect(readActs(harness.home)).toEqual(["apply a", "apply ax", "apply b", "apply bx"]);
    expect(view.steps.map(({ id }) => id)).toEqual([
      "loop",
      "call#0",
      "call#0/do",
      "call#0/again",
      "call#0/more#0",
      "call#1",
      "call#1/do",
      "call#1/again",
      "call#1/more#0",
    ]);
  });

  test("keep the text that the run was requested with", async () => {
    const runId = await harness.request(playbookText([manualFields("ask"), call()]), {
      calls: [called([actionFields("old", { with: { name: "${inputs.who}" } })])],
    });
    await harness.execute(runId);
    await completeManualStep(harness.ctx, { runId, stepId: "ask", note: "go on" });
    await harness.execute(runId);
    expect(readActs(harness.home)).toEqual(["apply bob"]);
  });

  test("that fail, or get inputs that do not fit, fail the step", async () => {
    const failing = await runCalling([call()], [called([fails("do", { when: "inputs.who == 'bob'" })])]);
    expect([failing.state, reasonOf(failing, "call")]).toEqual(["failed", "failed_within"]);
    const unfit = await runCalling(
      [call({ inputs: { other: 1 } })],
      [called([actionFields("do", { when: "inputs.who == 'bob'" })])],
    );
    expect([unfit.state, reasonOf(unfit, "call"), stateOf(unfit, "call/do")]).toEqual([
      "failed",
      "invalid_parameters",
      "skipped",
    ]);
  });

  test("that are not there keep a run from being requested", async () => {
    await expect(harness.request(playbookText([call()]))).rejects.toMatchObject({ code: "conflict" });
  });
});

test("P-1: what came of a run are its outputs; one that cannot be told is an exception", async () => {
  const view = await run([actionFields("one")], { outputs: { made: "steps.one.output.made", count: "1 + 1" } });
  expect([view.state, view.outputs]).toEqual(["completed", { made: "made-one", count: 2 }]);
  const other = await run([actionFields("one")], {
    outputs: { made: "steps.one.output.made", gone: "steps.one.output.gone" },
  });
  expect([other.state, other.reason, other.outputs]).toEqual([
    "completed_with_exceptions",
    "output_failed",
    { made: "made-one" },
  ]);
});
