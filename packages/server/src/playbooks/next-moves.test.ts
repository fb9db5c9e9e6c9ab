import { STEP_STATES } from "@firebreak/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conclude } from "./conclude.ts";
import type { StepFacts } from "./facts.ts";
import { nextMoves } from "./next-moves.ts";

const policy = fc.constantFrom("stop" as const, "continue" as const, "fail_at_end" as const);
const facts = fc.record({
  id: fc.uuid(),
  type: fc.constantFrom("action" as const, "verify" as const, "manual" as const),
  busy: fc.constant(false),
  dueAt: fc.constant(null),
  lookAt: fc.constant(null),
  atOnce: fc.constant(1),
  lists: fc.constant([]),
  required: fc.boolean(),
  onFailure: policy,
  onTimeout: policy,
  state: fc.constantFrom(...STEP_STATES),
  reason: fc.constantFrom(null, "condition_false", "not_chosen", "skipped_by_person"),
});
const plans = fc.array(facts, { minLength: 1, maxLength: 12 });

const isPlanned = ({ reason }: StepFacts) => reason === "condition_false" || reason === "not_chosen";

function step(state: StepFacts["state"], extra: Partial<StepFacts> = {}): StepFacts {
  return {
    id: "s",
    type: "action",
    required: true,
    onFailure: "stop",
    onTimeout: "stop",
    state,
    reason: null,
    busy: false,
    dueAt: null,
    lookAt: null,
    atOnce: 1,
    lists: [],
    ...extra,
  };
}

describe("P-1: a run ends as what it was", () => {
  test("completed means that every step succeeded or was a skipped one that is not required", () => {
    fc.assert(
      fc.property(plans, (steps) => {
        const honest = steps.every(
          (one) => one.state === "succeeded" || (one.state === "skipped" && (!one.required || isPlanned(one))),
        );
        expect(conclude(steps).state === "completed").toBe(honest);
      }),
      { numRuns: 2000 },
    );
  });

  test("every state but completed has a reason, and completed has none", () => {
    fc.assert(
      fc.property(plans, (steps) => {
        const { state, reason } = conclude(steps);
        expect(reason === null).toBe(state === "completed");
      }),
    );
  });

  test("nothing after a step that stops the run is begun", () => {
    const stops = (one: StepFacts) => {
      if (one.state === "timed_out") return one.onTimeout === "stop";
      return ["failed", "denied", "unverified"].includes(one.state) && one.onFailure === "stop";
    };
    const open = (one: StepFacts) => ["pending", "running", "waiting", "interrupted"].includes(one.state);
    fc.assert(
      fc.property(plans, (steps) => {
        const [move] = nextMoves(steps, 0).moves;
        const at = move === undefined ? 0 : steps.findIndex((one) => one.id === move.stepId);
        expect(steps.slice(0, at).filter((one) => stops(one) || open(one))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [[step("succeeded"), step("failed", { onFailure: "continue" })], "completed_with_exceptions", "step_failed"],
    [[step("succeeded"), step("timed_out", { onTimeout: "continue" })], "completed_with_exceptions", "step_timed_out"],
    [
      [step("succeeded"), step("unverified", { onFailure: "fail_at_end" }), step("succeeded")],
      "failed",
      "step_unverified",
    ],
    [[step("denied"), step("pending")], "failed", "step_denied"],
    [[step("failed", { onFailure: "continue" })], "failed", "nothing_succeeded"],
    [[step("succeeded"), step("skipped", { required: false })], "completed", null],
    [[step("succeeded"), step("skipped")], "completed_with_exceptions", "step_skipped"],
  ] as const)("%j ends %s", (steps, state, reason) => {
    expect(conclude(steps)).toEqual({ state, reason });
  });
});

/** Trees of any shape, consistent or not. */
function treesOf(depth: number): fc.Arbitrary<StepFacts[]> {
  const lists = depth === 0 ? fc.constant([]) : fc.array(treesOf(depth - 1), { minLength: 1, maxLength: 3 });
  const types = fc.constantFrom("decision" as const, "parallel" as const, "for-each" as const, "sub-playbook" as const);
  const container = fc.record({ leaf: facts, type: types, lists, atOnce: fc.integer({ min: 1, max: 3 }) });
  const any =
    depth === 0
      ? facts
      : fc.oneof(
          facts,
          container.map(({ leaf, ...rest }) => ({ ...leaf, ...rest })),
        );
  return fc.array(any, { minLength: 1, maxLength: 3 });
}

const rowsOf = (steps: readonly StepFacts[]): StepFacts[] => steps.flatMap((one) => [one, ...rowsOf(one.lists.flat())]);
/** What stands in a step that was skipped was skipped with it. */
const isFine = (one: StepFacts): boolean =>
  one.state === "skipped"
    ? !one.required || isPlanned(one)
    : one.state === "succeeded" && one.lists.flat().every(isFine);

describe("P-1: a tree ends as what it was", () => {
  test("completed means that every step of it succeeded or was left out as it says", () => {
    fc.assert(
      fc.property(treesOf(2), (steps) => {
        expect(conclude(steps).state === "completed").toBe(steps.every(isFine));
      }),
      { numRuns: 1000 },
    );
  });

  test("what is done next stands first in its list: all before it has ended, and did not stop it", () => {
    fc.assert(
      fc.property(treesOf(2), (steps) => {
        const moved = new Set(nextMoves(steps, 0).moves.map(({ stepId }) => stepId));
        const lists = [steps, ...rowsOf(steps).flatMap((one) => one.lists)];
        for (const list of lists) {
          const at = list.findIndex((one) => moved.has(one.id));
          const before = list.slice(0, Math.max(0, at));
          expect(before.filter((one) => ["pending", "running", "waiting", "interrupted"].includes(one.state))).toEqual(
            [],
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("no more items of a for-each are under way than may be, and there is always something to do or to wait for", () => {
    fc.assert(
      fc.property(treesOf(2), (steps) => {
        const { moves, waits, conclusion } = nextMoves(steps, 0);
        expect(moves.length > 0 || waits !== null || conclusion !== null).toBe(true);
        const moved = new Set(moves.map(({ stepId }) => stepId));
        for (const loop of rowsOf(steps).filter(({ type, state }) => type === "for-each" && state === "running")) {
          const begun = loop.lists.filter((list) => rowsOf(list).some((one) => moved.has(one.id)));
          expect(begun.length).toBeLessThanOrEqual(loop.atOnce);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
