import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { abortRun } from "./abort-run.ts";
import type { RunProgress } from "./execute-run.ts";
import { executeToEnd } from "./testing/end-run.ts";
import { countActs, readActs } from "./testing/file-effectors.ts";
import { Died, createHarness, dieAtMoment } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText, verifyFields } from "./testing/playbook-text.ts";
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

const STEPS = [
  actionFields("one"),
  actionFields("once", { effector: "file.append" }),
  verifyFields("check", "once"),
  actionFields("two", { with: { name: "${steps.one.output.made}" } }),
];

async function countMoments(steps: readonly StepFields[], abort: boolean): Promise<number> {
  const own = createHarness(server.database);
  const runId = await own.request(playbookText(steps));
  const probe = dieAtMoment(Number.MAX_SAFE_INTEGER);
  await own.execute(runId, abort ? undefined : probe.fault);
  if (abort) {
    await abortRun(own.ctx, { runId, reason: "count moments" });
    await own.execute(runId, probe.fault);
  }
  own.close();
  return probe.passed();
}

describe("P-1: a crash", () => {
  test("at any moment repeats no finished step, no step that must not repeat, and the run completes", async () => {
    const moments = await countMoments(STEPS, false);
    expect(moments).toBeGreaterThanOrEqual(STEPS.length * 4);
    for (let moment = 0; moment < moments; moment++) {
      harness.close();
      harness = createHarness(server.database);
      const runId = await harness.request(playbookText(STEPS));
      const end = await executeToEnd(harness, runId, dieAtMoment(moment).fault);
      expect(end, `moment ${moment}`).toEqual({ kind: "ended", state: "completed" });
      expect(countActs(harness.home, "apply once"), `moment ${moment}`).toBe(1);
      const acts = readActs(harness.home);
      expect([...new Set(acts)]).toEqual(["apply one", "apply once", "verify once", "apply made-one"]);
      expect(acts.length).toBeLessThanOrEqual(5);
    }
  });

  test("while a step runs that must not repeat leaves it interrupted and asks a person", async () => {
    const runId = await harness.request(playbookText(STEPS));
    const die = (point: string, stepId: string | null) => {
      if (point === "step.applied" && stepId === "once") throw new Died();
    };
    await expect(harness.execute(runId, die)).rejects.toBeInstanceOf(Died);
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "interrupted_step" });
    const run = await harness.view(runId);
    expect(run.state).toBe("waiting");
    expect(run.steps[1]).toMatchObject({ state: "interrupted", reason: "interrupted", attempts: 1 });
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "interrupted_step" });
    expect(countActs(harness.home, "apply once")).toBe(1);
  });

  test("that every attempt at a step causes ends with a person, not in an endless circle", async () => {
    const runId = await harness.request(playbookText([actionFields("poison")]));
    const die = (point: string) => {
      if (point === "step.applied") throw new Died();
    };
    let progress: RunProgress | null = null;
    for (let tries = 0; tries < 10 && progress === null; tries++) {
      progress = await harness.execute(runId, die).catch(() => null);
    }
    expect(progress).toEqual({ kind: "waiting", reason: "interrupted_step" });
    expect(countActs(harness.home, "apply poison")).toBeLessThanOrEqual(6);
  });

  test("at any moment of an undo leaves everything undone in the end", async () => {
    const steps = [actionFields("a", { undo: "auto" }), actionFields("b", { undo: "auto" }), manualFields("ask")];
    const moments = await countMoments(steps, true);
    expect(moments).toBeGreaterThanOrEqual(7);
    for (let moment = 0; moment < moments; moment++) {
      harness.close();
      harness = createHarness(server.database);
      const runId = await harness.request(playbookText(steps));
      await harness.execute(runId);
      await abortRun(harness.ctx, { runId, reason: "false alarm" });
      const end = await executeToEnd(harness, runId, dieAtMoment(moment).fault);
      expect(end, `moment ${moment}`).toEqual({ kind: "ended", state: "aborted" });
      const undone = readActs(harness.home).filter((act) => act.startsWith("undo"));
      expect([...new Set(undone)]).toEqual(["undo b", "undo a"]);
      expect(undone.length).toBeLessThanOrEqual(3);
      expect((await harness.view(runId)).reason).toBe("aborted_by_person");
    }
  });

  test("and then an abort: a step that may or may not have acted is said to be so", async () => {
    const runId = await harness.request(playbookText([actionFields("one", { undo: "auto" }), actionFields("two")]));
    const die = (point: string) => {
      if (point === "step.begun") throw new Died();
    };
    await expect(harness.execute(runId, die)).rejects.toBeInstanceOf(Died);
    await abortRun(harness.ctx, { runId, reason: "enough of this" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "aborted" });
    const run = await harness.view(runId);
    expect(run.reason).toBe("undo_incomplete");
    expect(run.steps[0]).toMatchObject({ state: "interrupted", reason: "undo_not_possible" });
  });
});

const behaviour = fc.constantFrom("ok", "ok", "ok", "ok", "failed", "denied", "unverified", "throws", "late_ok");
const policy = fc.constantFrom("stop", "continue", "fail_at_end");
const randomStep = fc.record({
  behaviour,
  onFailure: policy,
  once: fc.boolean(),
  auto: fc.boolean(),
  manual: fc.nat(9),
});

interface RandomStep {
  readonly behaviour: string;
  readonly once: boolean;
  readonly manual: number;
}

/** @returns what the run says that is not so, and what was done more often than it may be */
async function findLies(runId: string, plan: readonly RandomStep[], crashes: number): Promise<string[]> {
  const run = await harness.view(runId);
  const states = run.steps.map((step) => step.state);
  const lies = states
    .filter((state) => ["pending", "running", "waiting"].includes(state))
    .map((state) => `left ${state}`);
  const all = states.every((state) => state === "succeeded");
  // an abort between the last step and the end of the run stays an abort
  const isHonest = run.state === "completed" ? all : !all || run.state === "aborted";
  if (!isHonest) lies.push(`${run.state} with ${states.join(", ")}`);
  if ((run.reason === null) !== (run.state === "completed")) lies.push(`${run.state} because ${run.reason}`);
  plan.forEach((one, index) => {
    if (one.manual === 0) return;
    const step = run.steps[index];
    const applied = countActs(harness.home, `apply s${index}`);
    if (applied > (one.once ? 1 : 1 + crashes)) lies.push(`s${index} applied ${applied} times`);
    const did = applied > 0 && (one.behaviour === "ok" || step?.reason === "done_by_person");
    if (step?.state === "succeeded" && !did) lies.push(`s${index} succeeded with ${one.behaviour}`);
  });
  return lies;
}

describe("any playbook, any outcomes, any crashes", () => {
  test("P-1: ends honestly, and acts no more than it may", async () => {
    const deaths = fc.array(fc.nat(12), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(randomStep, { minLength: 1, maxLength: 5 }),
        deaths,
        fc.nat(6),
        async (plan, crashes, abortAt) => {
          harness.close();
          harness = createHarness(server.database);
          const steps = plan.map((one, index) => {
            const id = `s${index}`;
            if (one.manual === 0) return manualFields(id);
            const effector = one.once ? "file.append" : "file.write";
            const extra = { effector, onFailure: one.onFailure, undo: one.auto ? "auto" : "none", timeBox: "30ms" };
            // 30 ms is for those that hang; the others must not run into it on a slow machine
            const box = one.behaviour === "late_ok" ? {} : { timeBox: "20s" };
            return actionFields(id, { ...extra, ...box, with: { name: id, behaviour: one.behaviour } });
          });
          const runId = await harness.request(playbookText(steps));
          for (const moment of crashes) await harness.execute(runId, dieAtMoment(moment).fault).catch(() => null);
          if (abortAt === 0) await abortRun(harness.ctx, { runId, reason: "random abort" }).catch(() => null);
          await executeToEnd(harness, runId);
          expect(await findLies(runId, plan, crashes.length)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
