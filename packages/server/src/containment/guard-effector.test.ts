import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createManualClock } from "../kernel/index.ts";
import { defineEffector, TOUCHES_NOTHING } from "./effector.ts";
import type { EffectorDefinition } from "./effector.ts";
import { effectorContextFor } from "./effectors/testing.ts";
import { guardEffector } from "./guard-effector.ts";
import type { EffectorLimits } from "./guard-effector.ts";

const LIMITS: EffectorLimits = { blastRadius: { agents: 1, hosts: 1, services: 2, addresses: 1 }, rates: {} };
const parameters = z.strictObject({ services: z.array(z.string()).default(["a"]) });

function guarded(changes: Partial<EffectorDefinition<typeof parameters>> = {}, limits = LIMITS) {
  const clock = createManualClock(0);
  const acts: string[] = [];
  const effector = defineEffector({
    name: "test.act",
    title: "Act",
    destroysEvidence: false,
    idempotent: true,
    expiry: "by_undo",
    parameters,
    blastRadius: async (_ctx, { services }) => ({ ...TOUCHES_NOTHING, services }),
    preview: async () => ["acts"],
    apply: async () => {
      acts.push("apply");
      return { ok: true, output: {}, message: "done" };
    },
    verify: async () => ({ ok: true, output: {}, message: "done" }),
    undo: async () => {
      acts.push("undo");
      return { ok: true, output: {}, message: "undone" };
    },
    ...changes,
  });
  const apply = (runId: string, given: unknown = {}) => guard.apply(effectorContextFor("/nowhere", { runId }), given);
  const guard = guardEffector(effector, limits, clock);
  return { guard, apply, acts, clock };
}

describe("the guard of effectors", () => {
  test("C-3: refuses what would touch more than the profile allows, and preview says so before", async () => {
    const { guard, apply, acts } = guarded();
    const wide = { services: ["a", "b", "c"] };
    const { obstacles } = await guard.preview(effectorContextFor("/nowhere"), wide);
    expect(obstacles.join()).toContain("effectors.blastRadius.services");
    expect(await apply("run_1", wide)).toMatchObject({ ok: false, reason: "denied" });
    expect(acts).toEqual([]);
    expect(await apply("run_1", { services: ["a", "b"] })).toMatchObject({ ok: true });
  });

  test("C-3: refuses more than its rate, counts a repeat of the same step once, and lets go with time", async () => {
    const { apply, clock } = guarded({ rateLimit: { max: 2, perMs: 60_000 } });
    for (const runId of ["run_1", "run_1", "run_2", "run_1"]) expect(await apply(runId)).toMatchObject({ ok: true });
    expect(await apply("run_3")).toMatchObject({
      ok: false,
      reason: "denied",
      message: expect.stringContaining("2 times"),
    });
    clock.advance(60_000);
    expect(await apply("run_3")).toMatchObject({ ok: true });
  });

  test("C-3: what destroys evidence and says nothing else may be applied twenty times in ten minutes", async () => {
    const { apply } = guarded({ destroysEvidence: true });
    for (let i = 0; i < 20; i++) expect(await apply(`run_${i}`)).toMatchObject({ ok: true });
    expect(await apply("run_20")).toMatchObject({ ok: false, reason: "denied" });
  });

  test("C-3: the profile's rate takes the place of the effector's own", async () => {
    const rates = { "test.act": { max: 0, perMs: 60_000 } };
    const { apply } = guarded({ rateLimit: null }, { ...LIMITS, rates });
    expect(await apply("run_1")).toMatchObject({ ok: false, reason: "denied" });
  });

  test("C-3: never keeps what was done from being undone", async () => {
    const { guard, acts } = guarded({ rateLimit: { max: 0, perMs: 60_000 } });
    const wide = { services: ["a", "b", "c"] };
    expect(await guard.undo(effectorContextFor("/nowhere"), wide, {})).toMatchObject({ ok: true });
    expect(acts).toEqual(["undo"]);
  });

  test("C-3: never keeps what was in effect and vanished from coming back", async () => {
    const { guard, acts } = guarded({ rateLimit: { max: 0, perMs: 60_000 } });
    const ctx = { ...effectorContextFor("/nowhere"), repeats: true };
    expect(await guard.apply(ctx, { services: ["a", "b", "c"] })).toMatchObject({ ok: true });
    expect(acts).toEqual(["apply"]);
  });

  test("C-3: what lacks something says so, also when it cannot tell what it would touch", async () => {
    const { apply, acts } = guarded({
      checkNeeds: async () => [{ what: "the engine does not answer", remedy: "start it" }],
      blastRadius: () => Promise.reject(new Error("nobody answers")),
    });
    const outcome = await apply("run_1");
    expect(outcome).toMatchObject({
      ok: false,
      reason: "unavailable",
      message: "the engine does not answer; start it",
    });
    expect(acts).toEqual([]);
  });
});

describe("an effector that fails half-way", () => {
  const failing = { apply: () => Promise.reject(new Error("it broke")) };

  test("C-3: takes back what it did", async () => {
    const { apply, acts } = guarded(failing);
    expect(await apply("run_1")).toMatchObject({
      ok: false,
      reason: "failed",
      message: expect.stringContaining("taken back"),
    });
    expect(acts).toEqual(["undo"]);
  });

  test("C-3: says that something remains when that fails too", async () => {
    const { apply } = guarded({ ...failing, undo: () => Promise.reject(new Error("stuck")) });
    expect(await apply("run_1")).toMatchObject({ ok: false, remains: true, message: expect.stringContaining("stuck") });
  });

  test("C-3: keeps what there is when it was in effect before", async () => {
    const { guard, acts } = guarded(failing);
    const ctx = { ...effectorContextFor("/nowhere"), repeats: true };
    expect(await guard.apply(ctx, {})).toMatchObject({ ok: false });
    expect(acts).toEqual([]);
  });
});
