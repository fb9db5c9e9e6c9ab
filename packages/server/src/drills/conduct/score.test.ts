import type { StepState } from "@firebreak/protocol";
import { describe, expect, test } from "vitest";
import type { DrillDocument } from "../format.ts";
import { NOT_EXERCISED } from "../sandbox/confine-effector.ts";
import { scoreDrill } from "./score.ts";
import type { Seen } from "./score.ts";

function step(id: string, state: StepState, message = "it is so") {
  const at = "2026-01-01T00:00:00.000Z";
  const [startedAt, endedAt] = state === "pending" ? [null, null] : [at, at];
  return { id, phase: "contain", title: id, state, reason: null, message, startedAt, endedAt };
}

const expectation: DrillDocument["expect"] = { run: "completed", steps: {}, checks: [] };

function seen(changes: Partial<Seen> = {}): Seen {
  return {
    expect: expectation,
    incident: { severity: 1, state: "contained" },
    run: { state: "completed", reason: null, steps: [step("freeze", "succeeded")] },
    spans: [{ name: "detected", ms: 100, targetMs: 1000, met: true }],
    checks: [{ title: "nothing runs", held: true, found: "nothing" }],
    troubles: [],
    ...changes,
  };
}

const score = (changes?: Partial<Seen>) => scoreDrill(seen(changes), (id) => `of.${id}`);

describe("L-4: a drill's score", () => {
  test("is passed when all of it held", () => {
    expect(score()).toMatchObject({ result: "passed", findings: [], notExercised: [] });
  });

  test.each<[string, Partial<Seen>, string]>([
    ["no run", { run: null }, "no playbook ran"],
    ["no incident", { incident: null }, "no incident"],
    [
      "a missed target",
      { spans: [{ name: "contained", ms: 3000, targetMs: 1000, met: false }] },
      "contained: 3 s, over 1 s",
    ],
    ["a span that never came", { spans: [{ name: "ended", ms: null, targetMs: 1000, met: false }] }, "ended: never"],
    ["a check that did not hold", { checks: [{ title: "it is up", held: false, found: "down" }] }, "it is up: down"],
    ["trouble on the way", { troubles: ["nobody answers ask"] }, "nobody answers ask"],
    ["another severity", { expect: { ...expectation, severity: 2 } }, "severity is 1"],
    ["another state of the incident", { expect: { ...expectation, incident: "resolved" } }, "incident is contained"],
    ["a step it does not have", { expect: { ...expectation, steps: { thaw: "denied" } } }, "no step thaw"],
    [
      "a run that ended otherwise",
      { run: { state: "failed", reason: "freeze failed", steps: [step("freeze", "failed")] } },
      "the run is failed (freeze failed)",
    ],
    [
      "a step that ended otherwise in a run that is completed",
      { run: { state: "completed", reason: null, steps: [step("freeze", "skipped")] } },
      "the step freeze is skipped",
    ],
  ])("is failed for %s, and names it", (_what, changes, finding) => {
    const { result, findings } = score(changes);
    expect(result).toBe("failed");
    expect(findings.join("\n")).toContain(finding);
  });

  test("is passed when a step ended as badly as was expected", () => {
    const run = { state: "failed" as const, reason: null, steps: [step("freeze", "denied")] };
    const { result } = score({ run, expect: { ...expectation, run: "failed", steps: { freeze: "denied" } } });
    expect(result).toBe("passed");
  });

  test("is passed in part when a step was not exercised, and what it cut off is not called proven", () => {
    const steps = [
      step("freeze", "succeeded"),
      step("block", "failed", `${NOT_EXERCISED}the network`),
      step("tell", "pending"),
    ];
    const { result, notExercised } = score({ run: { state: "failed", reason: "block failed", steps } });
    expect(result).toBe("passed_in_part");
    expect(notExercised).toEqual([
      { step: "block", effector: "of.block", why: "the network" },
      { step: "tell", effector: "of.tell", why: "a step before it was not exercised" },
    ]);
  });

  test("is failed when something else went wrong beside what was not exercised", () => {
    const steps = [step("freeze", "unverified"), step("block", "failed", `${NOT_EXERCISED}the network`)];
    expect(score({ run: { state: "failed", reason: null, steps } }).result).toBe("failed");
  });
});
