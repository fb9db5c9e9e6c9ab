import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { completeManualStep } from "./answer-step.ts";
import { passOverStep } from "./pass-over-step.ts";
import { Died, createHarness, reasonOf } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, playbookText, stepFields } from "./testing/playbook-text.ts";

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

const once = actionFields("once", { effector: "file.append" });
const reads = (extra: Readonly<Record<string, unknown>>) => actionFields("later", extra);
const note = "it is in the log";

/** @returns a run whose step `once` was under way when its executor died */
async function interrupted(later: ReturnType<typeof reads>): Promise<string> {
  const runId = await harness.request(playbookText([once, later]));
  const die = (point: string) => {
    if (point === "step.applied") throw new Died();
  };
  await harness.execute(runId, die).catch(() => {});
  expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "interrupted_step" });
  return runId;
}

describe("P-1: a step that was interrupted and did its work", () => {
  test("says what later steps read of it, and does not count as done before somebody says it", async () => {
    const runId = await interrupted(reads({ with: { name: "${steps.once.output.made}" } }));
    const [step] = (await harness.view(runId)).steps;
    expect(step).toMatchObject({ needs: ["made"], message: expect.stringContaining("Later steps read its made") });
    const silent = completeManualStep(harness.ctx, { runId, stepId: "once", note });
    await expect(silent).rejects.toMatchObject({
      code: "invalid_body",
      message: expect.stringMatching(/needed by later steps: made; .*run the step again/),
    });
    await completeManualStep(harness.ctx, { runId, stepId: "once", note, captured: { made: "made-by-hand" } });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    const [done, later] = (await harness.view(runId)).steps;
    expect(done).toMatchObject({ reason: "done_by_person", output: { made: "made-by-hand" }, needs: [] });
    expect(later).toMatchObject({ state: "succeeded", input: { name: "made-by-hand" } });
  });

  test("is asked for what conditions read, within as well, and not for what they ask with has()", async () => {
    const when =
      'steps.once.output.before.state == "open" && (!has(steps.once.output.spare) || steps.once.output.spare > 1)';
    const runId = await interrupted(reads({ when }));
    expect((await harness.view(runId)).steps[0]?.needs).toEqual(["before.state"]);
    const captured = { "before.state": "open", "before.note": "seen" };
    await completeManualStep(harness.ctx, { runId, stepId: "once", note, captured });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect((await harness.view(runId)).steps[0]?.output).toEqual({ before: { state: "open", note: "seen" } });
  });

  test.each(["__proto__.made", "made.__proto__", "a..b", "made[0]", ""])("takes no output named %j", async (name) => {
    const runId = await interrupted(reads({}));
    const answer = completeManualStep(harness.ctx, { runId, stepId: "once", note, captured: { [name]: "x" } });
    await expect(answer).rejects.toMatchObject({ code: "invalid_body" });
  });

  test("is done as before when nothing reads it", async () => {
    const runId = await interrupted(reads({}));
    await completeManualStep(harness.ctx, { runId, stepId: "once", note });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
  });

  test("and was passed over: what reads it fails, and says whose output is not there", async () => {
    const runId = await interrupted(reads({ with: { name: "${steps.once.output.made}" } }));
    await passOverStep(harness.ctx, { runId, stepId: "once", reason: note });
    await harness.execute(runId);
    const run = await harness.view(runId);
    expect(reasonOf(run, "later")).toBe("unresolved_reference");
    expect(run.steps[1]?.message).toBe("no value for steps.once.output.made (the step once is skipped)");
  });

  test("within a called playbook is asked for what that one reads", async () => {
    const called = playbookText([once, reads({ with: { name: "${steps.once.output.made}" } })], { id: "called" });
    const call = stepFields("call", "sub-playbook", { playbook: "called", inputs: {} });
    const runId = await harness.request(playbookText([call]), { calls: [called] });
    const die = (point: string) => {
      if (point === "step.applied") throw new Died();
    };
    await harness.execute(runId, die).catch(() => {});
    await harness.execute(runId);
    const step = (await harness.view(runId)).steps.find(({ id }) => id === "call/once");
    expect(step).toMatchObject({ state: "interrupted", needs: ["made"] });
  });
});
