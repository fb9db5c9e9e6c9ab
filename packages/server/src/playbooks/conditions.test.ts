import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { TOUCHES_NOTHING, defineEffector } from "../containment/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { executeRun } from "./execute-run.ts";
import { readActs } from "./testing/file-effectors.ts";
import { createHarness, reasonOf, stateOf } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, playbookText } from "./testing/playbook-text.ts";
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
afterEach(() => harness.close());

const INPUTS = { inputs: { count: { type: "number" }, note: { type: "string", required: false } } };

function checkFields(id: string, extra: Readonly<Record<string, unknown>>): StepFields {
  return { id, title: `Check ${id}`, type: "verify", timeBox: "5s", ...extra };
}

async function run(steps: readonly StepFields[], count = 3) {
  const runId = await harness.request(playbookText(steps, INPUTS), { inputs: { count } });
  await harness.execute(runId);
  return harness.view(runId);
}

describe("P-1: conditions of steps", () => {
  test("a step whose condition is false is left out, and the run is still completed", async () => {
    const view = await run([
      actionFields("one"),
      actionFields("two", { when: "inputs.count > 3" }),
      actionFields("three", { when: 'steps.one.output.made == "made-one" && steps.two.state == "skipped"' }),
      actionFields("four", { when: "has(inputs.note)" }),
    ]);
    expect(readActs(harness.home)).toEqual(["apply one", "apply three"]);
    expect(view).toMatchObject({ state: "completed", reason: null });
    expect([stateOf(view, "two"), reasonOf(view, "two"), reasonOf(view, "four")]).toEqual([
      "skipped",
      "condition_false",
      "condition_false",
    ]);
  });

  test("one that cannot be evaluated fails its step, and is not taken for false", async () => {
    const view = await run([actionFields("one", { when: "inputs.note > 'a'" }), actionFields("two")]);
    expect(readActs(harness.home)).toEqual([]);
    expect([view.state, stateOf(view, "one"), reasonOf(view, "one")]).toEqual(["failed", "failed", "condition_failed"]);
    expect(view.steps[0]?.message).toMatch(/note/);
  });

  test("one that is neither true nor false fails its step", async () => {
    const view = await run([actionFields("one", { when: "inputs.count" })]);
    expect(reasonOf(view, "one")).toBe("condition_failed");
  });
});

const probe = (name: string, behaviour = "ok") => ({ effector: "file.look", with: { name, behaviour } });

describe("P-1: checks", () => {
  test("hold by what was read, which later steps may use", async () => {
    const view = await run([
      checkFields("check", { probe: probe("disk"), expect: "output.made == 'made-disk' && inputs.count == 3" }),
      checkFields("both", { expect: "steps.check.output.name == 'disk'" }),
    ]);
    expect(view.state).toBe("completed");
    expect(view.steps[0]).toMatchObject({ state: "succeeded", output: { made: "made-disk" } });
  });

  test.each([
    ["an answer that is not as expected", { probe: probe("disk"), expect: "output.made == 'other'" }, "unverified"],
    ["an answer without what is expected", { probe: probe("disk"), expect: "output.size > 3" }, "condition_failed"],
    ["a question that could not be asked", { probe: probe("disk", "failed"), expect: "output.made == 'x'" }, "failed"],
    ["an effector that breaks", { probe: probe("disk", "throws"), expect: "output.made == 'x'" }, "effector_threw"],
    ["a condition that is false", { expect: "inputs.count > 3" }, "unverified"],
  ])("%s leaves the step unverified and the run not completed", async (_what, extra, reason) => {
    const view = await run([actionFields("one"), checkFields("check", extra)]);
    expect([view.state, view.reason]).toEqual(["failed", "step_unverified"]);
    expect([stateOf(view, "check"), reasonOf(view, "check")]).toEqual(["unverified", reason]);
  });

  test("are tried again as often as they say", async () => {
    const view = await run([
      checkFields("check", {
        probe: probe("disk", "fails_twice"),
        expect: "output.name == 'disk'",
        retries: 2,
        retryDelay: "1ms",
      }),
    ]);
    expect(view.steps[0]).toMatchObject({ state: "succeeded", attempts: 3 });
  });
});

test("P-1: an effector that is unavailable here ends in a run that is not completed, and says what is missing", async () => {
  const runId = await harness.request(playbookText([actionFields("one"), actionFields("two")]));
  const unavailable = defineEffector({
    name: "file.write",
    title: "Needs what is not here",
    idempotent: true,
    destroysEvidence: false,
    expiry: "none",
    parameters: z.strictObject({ name: z.string() }),
    checkNeeds: async () => [{ what: "there is no program nft", remedy: "install nftables" }],
    blastRadius: async () => TOUCHES_NOTHING,
    preview: async () => [],
    apply: async () => ({ ok: true, output: {}, message: "done" }),
    verify: async () => ({ ok: true, output: {}, message: "it holds" }),
    undo: async () => ({ ok: true, output: {}, message: "undone" }),
  });
  const ctx = { ...harness.ctx, effectors: new Map([[unavailable.name, unavailable]]) };
  expect(await executeRun(ctx, runId)).toEqual({ kind: "ended", state: "failed" });
  const view = await harness.view(runId);
  expect(view.steps).toMatchObject([
    { state: "failed", reason: "unavailable", message: "there is no program nft; install nftables" },
    { state: "skipped", reason: "earlier_step_failed" },
  ]);
});
