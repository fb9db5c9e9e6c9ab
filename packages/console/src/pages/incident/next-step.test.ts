import { expect, test } from "vitest";
import { nextStepOf } from "./next-step.ts";

type Given = Parameters<typeof nextStepOf>[0];

const CALM: Given = {
  state: "triaged",
  acknowledgedAt: "2026-01-01T00:00:00Z",
  stops: [],
  holds: [],
  runs: [],
  deliveries: [],
};
const given = (more: object): Given => ({ ...CALM, ...more });
const stop = (level: string, verified: boolean, requestedAt: string) => ({ hold: { level }, verified, requestedAt });

test.each([
  [
    "a stop that is not proved",
    { acknowledgedAt: null, stops: [stop("freeze", false, "2")] },
    "a stop is not proved",
    true,
  ],
  ["nobody has it", { acknowledgedAt: null, stops: [stop("deny", false, "2")] }, "nobody has it", true],
  [
    "a proved stop after one that was not",
    { stops: [stop("kill", true, "2"), stop("freeze", false, "1")] },
    "Contain it",
    false,
  ],
  [
    "a step that waits",
    { runs: [{ id: "run_1", state: "waiting", playbookTitle: "Rogue agent" }] },
    "Rogue agent",
    true,
  ],
  ["a notification that failed", { deliveries: [{ state: "failed" }] }, "Tell people yourself", true],
  ["taken, and only detected", { state: "detected" }, "Contain it", false],
  ["contained", { state: "contained" }, "remove the cause", false],
  ["resolved, whatever failed", { state: "resolved", deliveries: [{ state: "failed" }] }, "Write the review", false],
])("O-2: what comes next: %s", (_, incident, text, isUrgent) => {
  const step = nextStepOf(given(incident));
  expect(step?.text).toContain(text);
  expect(step?.isUrgent).toBe(isUrgent);
});

test("O-2: nothing comes next once it is closed", () => {
  expect(nextStepOf(given({ state: "closed" }))).toBeNull();
});
