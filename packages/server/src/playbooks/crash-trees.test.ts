import * as fc from "fast-check";
import type { RunView, StepView } from "@firebreak/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { abortRun } from "./abort-run.ts";
import { actOf, executeToEnd } from "./testing/end-run.ts";
import { countActs, readActs } from "./testing/file-effectors.ts";
import { createHarness, dieAtMoment } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText, stepFields } from "./testing/playbook-text.ts";
import type { StepFields } from "./testing/playbook-text.ts";
import { SAMPLE_ACTS, SAMPLE_CALLED, SAMPLE_TREE, SAMPLE_TREE_THAT_ASKS } from "./testing/sample-tree.ts";
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

const requestTree = (tag: string, text = SAMPLE_TREE) =>
  harness.request(text, { inputs: { tag }, calls: [SAMPLE_CALLED] });

describe("P-1: a crash in a tree of every kind of step", () => {
  test("at any moment repeats nothing that must not repeat, and the run completes with its outputs", async () => {
    const probe = dieAtMoment(Number.MAX_SAFE_INTEGER);
    await executeToEnd(harness, await requestTree("probe"), probe.fault);
    const moments = probe.passed();
    expect(moments).toBeGreaterThan(60);
    for (let moment = 0; moment < moments; moment += 4) {
      const tag = `m${moment}`;
      const runId = await requestTree(tag);
      const end = await executeToEnd(harness, runId, dieAtMoment(moment).fault);
      expect(end, tag).toEqual({ kind: "ended", state: "completed" });
      const counts = SAMPLE_ACTS.map(({ name }) => countActs(harness.home, `apply ${tag}-${name}`));
      const most = SAMPLE_ACTS.map(({ once }) => (once ? 1 : 2));
      expect(
        counts.every((count, index) => count >= 1 && count <= (most[index] ?? 0)),
        `${tag}: ${counts.join(", ")}`,
      ).toBe(true);
      expect((await harness.view(runId)).outputs).toEqual({ made: `${tag}-inner` });
    }
    expect(readActs(harness.home).filter((act) => /untaken|left-out/.test(act))).toEqual([]);
  });

  test("in the undo of a tree leaves everything undone, last one first", async () => {
    for (const moment of [0, 1, 2, 5, 11, 17, 23]) {
      const tag = `u${moment}`;
      const runId = await requestTree(tag, SAMPLE_TREE_THAT_ASKS);
      await expect.poll(() => wakeAndExecute(runId)).toEqual({ kind: "waiting", reason: "manual_step" });
      await abortRun(harness.ctx, { runId, reason: "false alarm" });
      const end = await executeToEnd(harness, runId, dieAtMoment(moment).fault);
      expect(end, tag).toEqual({ kind: "ended", state: "aborted" });
      const acts = readActs(harness.home).filter((act) => act.includes(` ${tag}-`));
      const applied = acts.flatMap((act) => (act.startsWith("apply ") ? [act.slice(6)] : []));
      const undone = [...new Set(acts.flatMap((act) => (act.startsWith("undo ") ? [act.slice(5)] : [])))];
      expect(undone.toSorted(), tag).toEqual([...new Set(applied)].toSorted());
      expect(undone.at(-1)).toBe(`${tag}-first`);
      expect((await harness.view(runId)).reason, tag).toBe("aborted_by_person");
    }
  });
});

async function wakeAndExecute(runId: string) {
  await wakeRuns(harness.ctx);
  return harness.execute(runId);
}

interface RandomStep {
  readonly kind: "act" | "once" | "ask" | "skip" | "both" | "loop" | "way" | "rest";
  readonly behaviour: string;
  readonly onFailure: string;
  readonly within: readonly (readonly RandomStep[])[];
}

function treeOf(depth: number): fc.Arbitrary<readonly RandomStep[]> {
  const leaves = ["act", "act", "once", "ask", "skip", "rest"] as const;
  const kinds = depth === 0 ? leaves : ([...leaves, "both", "both", "loop", "loop", "way", "way"] as const);
  const step = fc.record({
    kind: fc.constantFrom(...kinds),
    behaviour: fc.constantFrom("ok", "ok", "ok", "ok", "failed", "denied", "unverified", "throws"),
    onFailure: fc.constantFrom("stop", "continue", "fail_at_end"),
    within: depth === 0 ? fc.constant([]) : fc.tuple(treeOf(depth - 1), treeOf(depth - 1)),
  });
  return fc.array(step, { minLength: 1, maxLength: 3 });
}

/** Writes a tree as steps; ids say in which order they stand. */
function writeTree(steps: readonly RandomStep[], prefix: string, loops: number): StepFields[] {
  return steps.map((step, index) => writeStep(step, `${prefix}${index}`, loops));
}

function writeStep({ kind, behaviour, onFailure, within }: RandomStep, id: string, loops: number): StepFields {
  const [left = [], right = []] = within;
  const list = (steps: readonly RandomStep[], name: string) => {
    return writeTree(steps, `${id}${name}`, loops + (kind === "loop" ? 1 : 0));
  };
  const name = loops === 0 ? id : `${id}-\${each}`;
  const items = loops === 0 ? "['a', 'b']" : "[each + 'a', each + 'b']";
  const effector = kind === "once" ? "file.append" : "file.write";
  const action = { effector, onFailure, with: { name, behaviour }, timeBox: "20s" };
  switch (kind) {
    case "ask":
      return manualFields(id, { onFailure });
    case "act":
    case "once":
      return actionFields(id, action);
    case "skip":
      return actionFields(id, { ...action, when: "run.id == ''" });
    case "rest":
      return stepFields(id, "wait", { for: "1ms" });
    case "both":
      return stepFields(id, "parallel", {
        onFailure,
        branches: [
          { id: "l", steps: list(left, "l") },
          { id: "r", steps: list(right, "r") },
        ],
      });
    case "way": {
      const options = [
        { id: "l", label: "L", when: behaviour === "ok" ? "run.id != ''" : "run.id == ''", steps: list(left, "l") },
        { id: "r", label: "R", steps: list(right, "r") },
      ];
      return stepFields(id, "decision", { onFailure, question: "?", otherwise: "r", options });
    }
    case "loop":
      return stepFields(id, "for-each", { onFailure, in: items, atOnce: 2, steps: list(left, "l") });
    default:
      return kind satisfies never;
  }
}

const PLANNED = ["condition_false", "not_chosen"];
const FAILED = ["failed", "denied", "timed_out", "unverified"];

/** @returns what the run says that is not so, and what was done more often than it may be */
function findLies(run: RunView, crashes: number): string[] {
  const fine = (step: StepView) => step.state === "succeeded" || PLANNED.includes(step.reason ?? "");
  const lies = run.steps.flatMap((step) => findLiesOf(step, run, crashes));
  const isHonest =
    run.state === "completed" ? run.steps.every(fine) : !run.steps.every(fine) || run.state === "aborted";
  if (!isHonest) lies.push(`${run.state} with ${run.steps.map(({ id, state }) => `${id} ${state}`).join(", ")}`);
  if ((run.reason === null) !== (run.state === "completed")) lies.push(`${run.state} because ${run.reason}`);
  return lies;
}

function findLiesOf(step: StepView, run: RunView, crashes: number): string[] {
  const { id, state, reason, type } = step;
  const lies: string[] = [];
  if (["pending", "running", "waiting"].includes(state)) lies.push(`${id} is left ${state}`);
  const within = run.steps.filter((one) => one.parent === id);
  const hasFailed = within.some((one) => FAILED.includes(one.state));
  if (reason === "failed_within" && !hasFailed) lies.push(`${id} failed within, and nothing in it did`);
  if (state === "skipped" && within.some((one) => one.state !== "skipped"))
    lies.push(`${id} was skipped, not what is in it`);
  if (type !== "action") return lies;
  const applied = countActs(harness.home, `apply ${actOf(step)}`);
  if (applied > 1 + crashes) lies.push(`${id} applied ${applied} times`);
  if (state === "succeeded" && applied === 0) lies.push(`${id} succeeded and did nothing`);
  if (state === "skipped" && applied > 0) lies.push(`${id} was skipped and acted`);
  const before = run.steps.filter(
    (one) => one.parent === step.parent && one.option === step.option && one.item === step.item,
  );
  const open = before.slice(0, before.indexOf(step)).find((one) => one.attempts === 0 && one.state !== "skipped");
  if (applied > 0 && open) lies.push(`${id} acted before ${open.id}`);
  return lies;
}

describe("any tree, any outcomes, any crashes", () => {
  test("P-1: ends honestly, and acts no more than it may", async () => {
    const deaths = fc.array(fc.nat(25), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(treeOf(2), deaths, fc.nat(6), async (steps, crashes, abortAt) => {
        harness.close();
        harness = createHarness(server.database);
        const fields = writeTree(steps, "s", 0);
        const runId = await harness.request(playbookText(fields));
        for (const moment of crashes) await harness.execute(runId, dieAtMoment(moment).fault).catch(() => null);
        if (abortAt === 0) await abortRun(harness.ctx, { runId, reason: "random abort" }).catch(() => null);
        await executeToEnd(harness, runId);
        const run = await harness.view(runId);
        expect(findLies(run, crashes.length)).toEqual([]);
        expect(findRepeats(run, fields)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

/** @returns steps that must not act twice and did */
function findRepeats(run: RunView, fields: readonly StepFields[]): string[] {
  const text = JSON.stringify(fields);
  return run.steps.flatMap((step) => {
    const [id = ""] = step.id.split("#");
    const isOnce = text.includes(`"id":"${id}","title":"Do ${id}","type":"action","effector":"file.append"`);
    return isOnce && countActs(harness.home, `apply ${actOf(step)}`) > 1 ? [step.id] : [];
  });
}
