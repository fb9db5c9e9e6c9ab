import type { LastProven } from "@firebreak/protocol";
import { expect, test } from "vitest";
import { sayProof } from "./proof.ts";

const at = "2026-01-02T03:04:05.678Z";
const proven: LastProven = {
  drillId: "drl_1",
  at,
  hash: "a1",
  version: 3,
  seconds: 17.6,
  result: "passed",
  stale: false,
};
const drilled = (result: "passed" | "failed") => ({ drillId: "drl_2", at, result });

test.each([
  [{ lastProven: null, lastDrill: null, drillOverdue: false }, "no drill yet"],
  [
    { lastProven: null, lastDrill: drilled("failed"), drillOverdue: true },
    "never proven here; last drill failed; drill overdue",
  ],
  [{ lastProven: proven, lastDrill: drilled("passed"), drillOverdue: false }, "2026-01-02, 18 s"],
  [
    { lastProven: { ...proven, stale: true }, lastDrill: drilled("failed"), drillOverdue: false },
    "2026-01-02, 18 s; last drill failed; on version 3, another text",
  ],
  [
    { lastProven: { ...proven, result: "passed_in_part" as const }, lastDrill: drilled("passed"), drillOverdue: false },
    "2026-01-02, 18 s; partly proven",
  ],
])("L-4: what drills say of a playbook, in a line (%#)", (playbook, text) => {
  expect(sayProof(playbook)).toBe(text);
});
