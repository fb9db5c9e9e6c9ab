import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { completeManualStep } from "./answer-step.ts";
import { retryStep } from "./retry-step.ts";
import { countActs, readActs } from "./testing/file-effectors.ts";
import { Died, createHarness, reasonOf, stateOf } from "./testing/harness.ts";
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

const reason = "it was the wrong host";
const auto = (id: string, extra: Readonly<Record<string, unknown>> = {}) =>
  actionFields(id, { undo: "auto", ...extra });
const phases = [
  { id: "contain", steps: [auto("cut"), auto("block"), actionFields("note")] },
  { id: "recover", steps: [auto("restore")] },
];

async function ended(extra: Readonly<Record<string, unknown>> = { phases }): Promise<string> {
  const runId = await harness.request(playbookText([], extra));
  await harness.execute(runId);
  return runId;
}

const undone = () => readActs(harness.home).filter((act) => act.startsWith("undo"));

describe("P-1: a run that has ended", () => {
  test("is undone as a whole, the last step first, and is no longer completed", async () => {
    const runId = await ended();
    expect(await harness.view(runId)).toMatchObject({ state: "completed" });
    expect(await undoEndedRun(harness.ctx, { runId, reason })).toMatchObject({ state: "running", reason: "undoing" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "aborted" });
    expect(await harness.view(runId)).toMatchObject({ reason: "undone_by_person" });
    expect(undone()).toEqual(["undo restore", "undo block", "undo cut"]);
    await expect(undoEndedRun(harness.ctx, { runId, reason })).rejects.toMatchObject({ code: "conflict" });
  });

  test("is undone by phases, one after another, and is completed with exceptions from then on", async () => {
    const runId = await ended();
    await undoEndedRun(harness.ctx, { runId, phase: "contain", reason });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
    expect(undone()).toEqual(["undo block", "undo cut"]);
    expect(await harness.view(runId)).toMatchObject({ reason: "phase_undone" });
    expect(stateOf(await harness.view(runId), "restore")).toBe("succeeded");
    await undoEndedRun(harness.ctx, { runId, phase: "recover", reason });
    await harness.execute(runId);
    expect(undone()).toEqual(["undo block", "undo cut", "undo restore"]);
  });

  test("that failed stays failed when a phase is undone, and a step of it can still be done again", async () => {
    const bad = actionFields("bad", { with: { name: "bad", behaviour: "fails_twice" } });
    const runId = await ended({ phases: [phases[0], { id: "recover", steps: [bad] }] });
    await undoEndedRun(harness.ctx, { runId, phase: "contain", reason });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    await retryStep(harness.ctx, { runId, stepId: "bad", reason });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    expect(countActs(harness.home, "apply bad")).toBe(2);
  });

  test("whose undo fails says which step is left, and undoes the others", async () => {
    const stuck = auto("stuck", { with: { name: "stuck", undo: "failed" } });
    const runId = await ended({ phases: [{ id: "contain", steps: [auto("cut"), stuck] }] });
    await undoEndedRun(harness.ctx, { runId, reason });
    await harness.execute(runId);
    const run = await harness.view(runId);
    expect(run).toMatchObject({ state: "aborted", reason: "undo_incomplete" });
    expect([stateOf(run, "cut"), reasonOf(run, "stuck")]).toEqual(["undone", "undo_failed"]);
  });

  test("says that there was nothing to undo where undo takes nothing back, and never calls that undone", async () => {
    const sent = auto("sent", { effector: "file.send" });
    const runId = await ended({ phases: [{ id: "contain", steps: [auto("cut"), sent] }] });
    await undoEndedRun(harness.ctx, { runId, reason });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "aborted" });
    const run = await harness.view(runId);
    expect(run).toMatchObject({ reason: "undone_by_person" });
    expect([stateOf(run, "cut"), stateOf(run, "sent"), reasonOf(run, "sent")]).toEqual([
      "undone",
      "succeeded",
      "nothing_to_undo",
    ]);
    expect(run.steps[1]?.message).toBe("What was sent stays sent.");
    expect(undone()).toEqual(["undo cut"]);
  });

  test("is undone once, whenever its executor dies and however many ask for it", async () => {
    const runId = await ended({ phases: [{ id: "contain", steps: [auto("cut"), auto("block")] }] });
    const asked = await Promise.allSettled([1, 2, 3].map(() => undoEndedRun(harness.ctx, { runId, reason })));
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const moment of ["undo.recorded", "run.before_end", "run.ended"]) {
      const dying = harness.execute(runId, (point) => {
        if (point === moment) throw new Died();
      });
      await dying.catch(() => {});
    }
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "aborted" });
    expect(undone()).toEqual(["undo block", "undo cut"]);
  });

  test("is not undone while another run acts on what it locks, and locks it meanwhile", async () => {
    const locks = { locks: ["host:db1"], phases: [{ id: "contain", steps: [auto("cut")] }] };
    const runId = await ended(locks);
    const other = await ended({ ...locks, phases: [{ id: "contain", steps: [manualFields("ask")] }] });
    await expect(undoEndedRun(harness.ctx, { runId, reason })).rejects.toThrow(other);
    await completeManualStep(harness.ctx, { runId: other, stepId: "ask", note: "done" });
    await harness.execute(other);
    await undoEndedRun(harness.ctx, { runId, reason });
    const next = await harness.request(playbookText([], locks));
    expect(await harness.execute(next)).toEqual({ kind: "waiting", reason: "locked" });
    await harness.execute(runId);
    expect(await harness.execute(next)).toEqual({ kind: "ended", state: "completed" });
  });
});

test("a run that has not ended is aborted, not undone; a phase it has not is refused", async () => {
  const runId = await ended({ phases: [{ id: "contain", steps: [manualFields("ask")] }] });
  await expect(undoEndedRun(harness.ctx, { runId, reason })).rejects.toThrow("abort it");
  const done = await ended();
  const undo = undoEndedRun(harness.ctx, { runId: done, phase: "learn", reason });
  await expect(undo).rejects.toMatchObject({ code: "not_found" });
});
