import type { RunView, StepView } from "@firebreak/protocol";
import { expect, test } from "vitest";
import { verdictOf } from "./words.ts";

const ADA = { kind: "person", id: "usr_ada", name: "ada" } as const;

function step(title: string, part: Partial<StepView>): StepView {
  return {
    id: title,
    position: 1,
    parent: null,
    option: null,
    item: null,
    phase: "contain",
    title,
    type: "action",
    state: "succeeded",
    reason: null,
    message: null,
    attempts: 1,
    input: {},
    output: {},
    startedAt: null,
    endedAt: null,
    dueAt: null,
    assignee: null,
    approvalId: null,
    needs: [],
    earlier: [],
    ...part,
  };
}

function run(part: Partial<RunView>): RunView {
  return {
    id: "run_1",
    playbookId: "p",
    playbookTitle: "P",
    playbookHash: "",
    incidentId: null,
    state: "completed",
    reason: null,
    requestedBy: ADA,
    requestedAt: "2026-01-01T00:00:00Z",
    startedAt: null,
    endedAt: null,
    wakeAt: null,
    inputs: {},
    outputs: null,
    observes: false,
    owner: null,
    paused: null,
    locks: [],
    lockedBy: null,
    steps: [],
    ...part,
  };
}

const DENIED = step("Restart it", { state: "denied", reason: "approval_denied" });
const NOT_CHOSEN = step("Look", { state: "skipped", reason: "not_chosen" });

test("P-1: only a run that completed reads as one", () => {
  expect(verdictOf(run({ steps: [NOT_CHOSEN] }))).toMatchObject({ tone: "ok", title: "Completed" });
  const others = [
    run({ state: "completed_with_exceptions", reason: "step_denied", steps: [DENIED, NOT_CHOSEN] }),
    run({ state: "failed", reason: "step_denied", steps: [DENIED, NOT_CHOSEN] }),
    run({ state: "aborted", reason: "undo_incomplete" }),
    run({ observes: true }),
    run({ state: "waiting", reason: "manual_step", steps: [step("Ask", { state: "waiting", reason: null })] }),
    run({ state: "running" }),
    run({ state: "pending", lockedBy: "run_2" }),
    run({ state: "running", paused: { by: ADA, reason: "the network", at: "2026-01-01T00:00:00Z" } }),
  ];
  const titles = others.map((one) => verdictOf(one).title);
  expect(titles).toEqual([
    "Reached its end, with exceptions: not everything was done",
    "Failed: its goal was not reached",
    "Aborted, and NOT everything was undone",
    "Only observed: nothing was done",
    "Waits for people",
    "Runs",
    "Waits for another run",
    "Paused by ada",
  ]);
  expect(others.map((one) => verdictOf(one).tone)).not.toContain("ok");
});

test("what went wrong is named, and what the playbook meant to leave out is not", () => {
  const { text } = verdictOf(run({ state: "failed", reason: "step_denied", steps: [DENIED, NOT_CHOSEN] }));
  expect(text).toBe("Step denied. “Restart it”");
});

test("a wait for a time asks nobody", () => {
  const waiting = step("Watch", { state: "waiting", reason: "waiting_for_time" });
  expect(verdictOf(run({ state: "waiting", reason: "wait", steps: [waiting] })).title).toBe("Runs");
});
