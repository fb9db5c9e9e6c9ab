import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { abortRun } from "./abort-run.ts";
import { completeManualStep, expireManualSteps } from "./answer-step.ts";
import { executeRun } from "./execute-run.ts";
import { countActs, fileEffectors, readActs } from "./testing/file-effectors.ts";
import { createHarness, reasonOf, stateOf } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText, verifyFields } from "./testing/playbook-text.ts";

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

describe("P-1: a run", () => {
  test("runs its steps in order, hands outputs on, and is completed when all succeeded", async () => {
    const text = playbookText([
      actionFields("one"),
      actionFields("two", { with: { name: "${steps.one.output.made}" } }),
      verifyFields("check", "two"),
    ]);
    const runId = await harness.request(text);
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual(["apply one", "apply made-one", "verify made-one"]);
    const run = await harness.view(runId);
    expect(run.reason).toBeNull();
    expect(run.steps.map((step) => step.state)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(run.steps[1]).toMatchObject({ input: { name: "made-one" }, attempts: 1, message: "done" });
  });

  test("executed again after its end does nothing", async () => {
    const runId = await harness.request(playbookText([actionFields("one")]));
    await harness.execute(runId);
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual(["apply one"]);
  });

  test("executed by eight at once acts once", async () => {
    const runId = await harness.request(playbookText([actionFields("one"), actionFields("two")]));
    const all = await Promise.all(Array.from({ length: 8 }, () => harness.execute(runId)));
    expect(all.filter((progress) => progress.kind === "busy").length).toBeGreaterThan(0);
    expect(readActs(harness.home)).toEqual(["apply one", "apply two"]);
  });

  test.each([
    ["failed", "failed", "step_failed"],
    ["denied", "denied", "step_denied"],
    ["unverified", "unverified", "step_unverified"],
    ["throws", "failed", "step_failed"],
    ["hangs", "timed_out", "step_timed_out"],
  ])("stops after a step that %s, and what comes after never happens", async (behaviour, state, reason) => {
    const steps = [actionFields("bad", { with: { name: "bad", behaviour }, timeBox: "100ms" }), actionFields("after")];
    const runId = await harness.request(playbookText([actionFields("before"), ...steps]));
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    const run = await harness.view(runId);
    expect(run.reason).toBe(reason);
    expect(stateOf(run, "bad")).toBe(state);
    expect([stateOf(run, "after"), reasonOf(run, "after")]).toEqual(["skipped", "earlier_step_failed"]);
    expect(readActs(harness.home)).toEqual(["apply before", "apply bad"]);
  });

  test.each([
    ["continue", "completed_with_exceptions"],
    ["fail_at_end", "failed"],
  ])("goes on after a failure with onFailure %s and ends %s", async (onFailure, state) => {
    const bad = actionFields("bad", { with: { name: "bad", behaviour: "failed" }, onFailure });
    const runId = await harness.request(playbookText([bad, actionFields("after")]));
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state });
    expect(readActs(harness.home)).toEqual(["apply bad", "apply after"]);
  });

  test("a verify that does not hold is unverified, and the run is not completed", async () => {
    const one = actionFields("one", { with: { name: "one", verify: "failed" } });
    const runId = await harness.request(playbookText([one, verifyFields("check", "one", { onFailure: "continue" })]));
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
    expect(stateOf(await harness.view(runId), "check")).toBe("unverified");
  });

  test("a step whose earlier output is missing fails and says which", async () => {
    const bad = actionFields("bad", { with: { name: "bad", behaviour: "failed" }, onFailure: "continue" });
    const use = actionFields("use", { with: { name: "${steps.bad.output.made}" } });
    const runId = await harness.request(playbookText([bad, use]));
    await harness.execute(runId);
    const step = (await harness.view(runId)).steps[1];
    expect(step).toMatchObject({ state: "failed", reason: "unresolved_reference", attempts: 0 });
    expect(step?.message).toContain("steps.bad.output.made");
  });

  test("an effector that is gone fails its step, never passes it", async () => {
    const runId = await harness.request(playbookText([actionFields("one")]));
    expect(await executeRun({ ...harness.ctx, effectors: new Map() }, runId)).toEqual({
      kind: "ended",
      state: "failed",
    });
    expect(reasonOf(await harness.view(runId), "one")).toBe("effector_missing");
  });

  test("a time box that runs out aborts the effector and keeps what it had", async () => {
    const late = actionFields("late", {
      with: { name: "late", behaviour: "late_ok" },
      timeBox: "100ms",
      onTimeout: "continue",
    });
    const runId = await harness.request(playbookText([late, actionFields("after")]));
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
    const run = await harness.view(runId);
    expect(run.steps[0]).toMatchObject({ state: "timed_out", reason: "time_box", output: { partial: true } });
  });

  test("retries what may be repeated, as often as it says", async () => {
    const slow = actionFields("slow", {
      with: { name: "slow", behaviour: "fails_twice" },
      retries: 2,
      retryDelay: "1ms",
    });
    const runId = await harness.request(playbookText([slow]));
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect((await harness.view(runId)).steps[0]).toMatchObject({ attempts: 3, message: "third time" });
  });

  test("never retries a denial", async () => {
    const denied = actionFields("no", { with: { name: "no", behaviour: "denied" }, retries: 3, retryDelay: "1ms" });
    const runId = await harness.request(playbookText([denied]));
    await harness.execute(runId);
    expect(countActs(harness.home, "apply no")).toBe(1);
  });

  test("keeps the version it began with", async () => {
    const runId = await harness.request(playbookText([manualFields("ask"), actionFields("old")]));
    await harness.execute(runId);
    await harness.request(playbookText([actionFields("new")]));
    await completeManualStep(harness.ctx, { runId, stepId: "ask", note: "looked" });
    await harness.execute(runId);
    expect(readActs(harness.home)).toEqual(["apply old"]);
  });
});

test.each(["not_found", "conflict"] as const)("a retry cannot help against %s, so there is none", async (reason) => {
  const effector = fileEffectors.get("file.write");
  if (!effector) throw new Error("the test's effector is gone");
  let calls = 0;
  const refusing: typeof effector = {
    ...effector,
    apply: async () => {
      calls += 1;
      return { ok: false, reason, message: "no" };
    },
  };
  const runId = await harness.request(playbookText([actionFields("one", { retries: 3, retryDelay: "1ms" })]));
  await executeRun({ ...harness.ctx, effectors: new Map([["file.write", refusing]]) }, runId);
  expect(calls).toBe(1);
});

describe("a manual step", () => {
  test("waits for a person and goes on with the answer", async () => {
    const runId = await harness.request(playbookText([manualFields("ask"), actionFields("after")]));
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "manual_step" });
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "manual_step" });
    expect((await harness.view(runId)).state).toBe("waiting");
    await completeManualStep(harness.ctx, { runId, stepId: "ask", note: "the disk is fine" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect((await harness.view(runId)).steps[0]).toMatchObject({
      reason: "done_by_person",
      message: "the disk is fine",
    });
  });

  test("answered while its executor lets go is not forgotten", async () => {
    for (let round = 0; round < 10; round++) {
      const runId = await harness.request(playbookText([manualFields("ask"), actionFields(`after${round}`)]));
      await harness.execute(runId);
      const answer = completeManualStep(harness.ctx, { runId, stepId: "ask", note: "done" });
      const racing = harness.execute(runId);
      await answer;
      const progress = [await harness.execute(runId), await racing];
      expect(progress).toContainEqual({ kind: "ended", state: "completed" });
      expect(countActs(harness.home, `apply after${round}`)).toBe(1);
    }
  });

  test("that a person could not do fails; a required one cannot be skipped, another can", async () => {
    const steps = [manualFields("must"), manualFields("may", { required: false })];
    const runId = await harness.request(playbookText(steps));
    await harness.execute(runId);
    const skip = completeManualStep(harness.ctx, { runId, stepId: "must", result: "skip", note: "no time" });
    await expect(skip).rejects.toMatchObject({ code: "conflict" });
    await completeManualStep(harness.ctx, { runId, stepId: "must", note: "did it" });
    await harness.execute(runId);
    await completeManualStep(harness.ctx, { runId, stepId: "may", result: "skip", note: "not needed" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });

    const other = await harness.request(playbookText([manualFields("must")]));
    await harness.execute(other);
    await completeManualStep(harness.ctx, { runId: other, stepId: "must", result: "not_done", note: "no access" });
    expect(await harness.execute(other)).toEqual({ kind: "ended", state: "failed" });
  });

  test("is answered once", async () => {
    const runId = await harness.request(playbookText([manualFields("ask")]));
    await harness.execute(runId);
    const answers = await Promise.allSettled(
      [1, 2, 3].map(() => completeManualStep(harness.ctx, { runId, stepId: "ask", note: "mine" })),
    );
    expect(answers.filter((answer) => answer.status === "fulfilled")).toHaveLength(1);
  });

  test("times out when nobody answers, and the run says so", async () => {
    const runId = await harness.request(
      playbookText([manualFields("ask", { timeBox: "10s", onTimeout: "continue" }), actionFields("x")]),
    );
    await harness.execute(runId);
    const { clock } = harness.ctx;
    expect(await expireManualSteps(harness.ctx)).toBe(0);
    const later = { ...harness.ctx, clock: { ...clock, now: () => clock.now() + 11_000 } };
    expect(await expireManualSteps(later)).toBe(1);
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
  });
});

describe("an abort", () => {
  test("stops before the next step and undoes automatic steps, last first", async () => {
    const steps = [
      actionFields("one", { undo: "auto" }),
      actionFields("two"),
      actionFields("three", { undo: "auto" }),
      manualFields("ask"),
      actionFields("four", { undo: "auto" }),
    ];
    const runId = await harness.request(playbookText(steps));
    await harness.execute(runId);
    await abortRun(harness.ctx, { runId, reason: "false alarm" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "aborted" });
    expect(readActs(harness.home).slice(3)).toEqual(["undo three", "undo one"]);
    const run = await harness.view(runId);
    expect(run.reason).toBe("aborted_by_person");
    expect(run.steps.map((step) => step.state)).toEqual(["undone", "succeeded", "undone", "skipped", "skipped"]);
    await expect(abortRun(harness.ctx, { runId, reason: "again please" })).resolves.toMatchObject({ state: "aborted" });
  });

  test("says what could not be undone, and undoes the rest", async () => {
    const steps = [
      actionFields("one", { undo: "auto" }),
      actionFields("stuck", { undo: "auto", with: { name: "stuck", undo: "failed" } }),
      manualFields("ask"),
    ];
    const runId = await harness.request(playbookText(steps));
    await harness.execute(runId);
    await abortRun(harness.ctx, { runId, reason: "false alarm" });
    await harness.execute(runId);
    const run = await harness.view(runId);
    expect([run.state, run.reason]).toEqual(["aborted", "undo_incomplete"]);
    expect([stateOf(run, "stuck"), reasonOf(run, "stuck"), stateOf(run, "one")]).toEqual([
      "succeeded",
      "undo_failed",
      "undone",
    ]);
  });

  test("while a step runs lets it end, begins nothing after it, and undoes in the person's name", async () => {
    const runId = await harness.request(playbookText([actionFields("one", { undo: "auto" }), actionFields("two")]));
    const effector = fileEffectors.get("file.write");
    if (!effector) throw new Error("the test's effector is gone");
    const actors: string[] = [];
    const watched: typeof effector = {
      ...effector,
      apply: async (ctx, parameters) => {
        actors.push(ctx.actor.kind);
        await abortRun(harness.ctx, { runId, reason: "stop it" });
        return effector.apply(ctx, parameters);
      },
      undo: (ctx, parameters, output) => {
        actors.push(ctx.actor.kind);
        return effector.undo(ctx, parameters, output);
      },
    };
    const ctx = { ...harness.ctx, effectors: new Map([["file.write", watched]]) };
    expect(await executeRun(ctx, runId)).toEqual({ kind: "ended", state: "aborted" });
    expect(readActs(harness.home)).toEqual(["apply one", "undo one"]);
    expect(actors).toEqual(["playbook", "person"]);
  });

  test("of a run that has ended is refused, and of none is not found", async () => {
    const runId = await harness.request(playbookText([actionFields("one")]));
    await harness.execute(runId);
    await expect(abortRun(harness.ctx, { runId, reason: "too late" })).rejects.toMatchObject({ code: "conflict" });
    await expect(abortRun(harness.ctx, { runId: "run_none", reason: "no run" })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});
