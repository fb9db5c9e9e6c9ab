import type { ActionView } from "@firebreak/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import type { ActionContext } from "./context.ts";
import {
  applyAction,
  getAction,
  listActions,
  listEffectors,
  previewAction,
  undoAction,
  verifyAction,
} from "./index.ts";
import { reconcileActions, tendActions } from "./index.ts";
import { Died, createActionHarness } from "./testing.ts";
import type { ActionHarness } from "./testing.ts";

let storage: TestDatabase;
let harness: ActionHarness;
beforeAll(async () => {
  storage = await createTestDatabase();
});
afterAll(() => storage.close());
beforeEach(async () => {
  await storage.database.pool.query("truncate actions");
  harness = createActionHarness(storage.database);
});
afterEach(() => harness.close());

const request = { effector: "test.file", parameters: { file: "block" }, reason: "a leak" };
const apply = (changes: Partial<Parameters<typeof applyAction>[1]> = {}, ctx = harness.ctx) =>
  applyAction(ctx, { ...request, ...changes });
const stateOf = async (id: string) => (await getAction(harness.ctx, id)).state;

/** A process that dies at that moment, and the next one of the same home. */
async function dieAt(point: "inserted" | "applied" | "undone", act: (ctx: ActionContext) => Promise<unknown>) {
  const fault = (passed: string) => {
    if (passed === point) throw new Died();
  };
  await expect(act({ ...harness.ctx, actionsUnderWay: new Set(), fault })).rejects.toBeInstanceOf(Died);
  const next = harness.restarted();
  await reconcileActions(next);
  return next;
}

async function newest(): Promise<ActionView> {
  const [item] = (await listActions(harness.ctx, { limit: 1 })).items;
  if (item === undefined) throw new Error("there is no action");
  return item;
}

describe("an action", () => {
  test("C-3: is previewed without a trace, applied, verified, undone; each with its audit row", async () => {
    expect(await previewAction(harness.ctx, request)).toMatchObject({ changes: ["makes block"], obstacles: [] });
    expect(harness.isSet("block")).toBe(false);
    const action = await apply();
    expect(action).toMatchObject({ state: "in_force", message: "made", blastRadius: { services: ["block"] } });
    expect(harness.isSet("block")).toBe(true);
    expect(await verifyAction(harness.ctx, action.id)).toMatchObject({ state: "in_force" });
    expect(await undoAction(harness.ctx, { id: action.id, reason: "over" })).toMatchObject({ state: "undone" });
    expect(harness.isSet("block")).toBe(false);
    const audit = await storage.database.kysely
      .selectFrom("audit_log")
      .select("action")
      .where("target", "=", action.id)
      .orderBy("seq")
      .execute();
    expect(audit.map((row) => row.action)).toEqual([
      "action.applying",
      "action.in_force",
      "action.undoing",
      "action.undone",
    ]);
  });

  test("C-3: undone twice is undone once", async () => {
    const { id } = await apply();
    await undoAction(harness.ctx, { id, reason: "over" });
    expect(await undoAction(harness.ctx, { id, reason: "again" })).toMatchObject({
      state: "undone",
      endReason: "over",
    });
    expect(harness.calls.filter((verb) => verb === "undo")).toHaveLength(1);
  });

  test("C-3: with the same idempotency key is done once, also when asked at the same moment", async () => {
    const asked = await Promise.all([1, 2, 3].map(() => apply({ idempotencyKey: "k1" })));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    expect(harness.calls.filter((verb) => verb === "apply")).toHaveLength(1);
    await expect(apply({ idempotencyKey: "k1", parameters: { file: "other" } })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("C-3: that does what one in force does already is refused, naming it", async () => {
    const { id } = await apply();
    await expect(apply()).rejects.toThrow(id);
    await undoAction(harness.ctx, { id, reason: "over" });
    expect(await apply()).toMatchObject({ state: "in_force" });
  });

  test("C-3: whose effector fails is failed, and nothing of it is in effect", async () => {
    harness.breakVerbs("apply");
    expect(await apply()).toMatchObject({ state: "failed", failure: "unreachable" });
    expect(harness.isSet("block")).toBe(false);
  });

  test("C-3: that can be neither applied nor taken back stays undoing, and is tried until it is", async () => {
    harness.breakVerbs("apply", "undo");
    const { id, state } = await apply();
    expect(state).toBe("undoing");
    harness.breakVerbs();
    harness.clock.advance(60_000);
    await tendActions(harness.ctx);
    expect(await getAction(harness.ctx, id)).toMatchObject({ state: "failed" });
  });

  test("C-3: keeps what PostgreSQL cannot: reasons with NUL and half characters", async () => {
    const { id, reason } = await apply({ reason: "a\u0000leak \ud800" });
    expect(reason).toBe("a\uFFFDleak \uFFFD");
    expect(await undoAction(harness.ctx, { id, reason: "o\u0000ver" })).toMatchObject({ endReason: "o\uFFFDver" });
  });

  test("C-3: of an effector without an end is done, takes no time, and is not undone", async () => {
    const message = { effector: "test.message" };
    await expect(apply({ ...message, forSeconds: 60 })).rejects.toMatchObject({ code: "invalid_body" });
    const { id, state } = await apply(message);
    expect(state).toBe("done");
    await expect(undoAction(harness.ctx, { id, reason: "over" })).rejects.toMatchObject({ code: "conflict" });
  });

  test.each([
    [{ effector: "no.such" }, "not_found"],
    [{ parameters: { file: "../etc" } }, "invalid_body"],
    [{ parameters: {} }, "invalid_body"],
    [{ incidentId: "INC-1" }, "not_found"],
    [{ reason: "  " }, "invalid_body"],
    [{ forSeconds: 0 }, "invalid_body"],
    [{ idempotencyKey: "a\u0000b" }, "invalid_body"],
  ])("C-3: is refused and leaves no row for %j", async (changes, code) => {
    const before = await listActions(harness.ctx, { limit: 500 });
    await expect(apply(changes)).rejects.toMatchObject({ code });
    expect(await listActions(harness.ctx, { limit: 500 })).toEqual(before);
    expect(harness.calls).toEqual([]);
  });
});

describe("an action's end", () => {
  test("C-3: comes by time, once, and is on record", async () => {
    const { id, expiresAt } = await apply({ forSeconds: 3600 });
    expect(expiresAt).toBe("2026-03-01T13:00:00.000Z");
    harness.clock.advance(3_599_000);
    await tendActions(harness.ctx);
    expect(await stateOf(id)).toBe("in_force");
    harness.clock.advance(1_000);
    await tendActions(harness.ctx);
    expect(await getAction(harness.ctx, id)).toMatchObject({ state: "expired", endReason: "its time is over" });
    expect(harness.isSet("block")).toBe(false);
  });

  test("C-3: that passed while nobody ran comes at the start", async () => {
    const { id } = await apply({ forSeconds: 60 });
    harness.clock.advance(86_400_000);
    const next = harness.restarted();
    await reconcileActions(next);
    await tendActions(next);
    expect(await stateOf(id)).toBe("expired");
    expect(harness.isSet("block")).toBe(false);
  });

  test("C-3: is tried until it works, with growing pauses, across restarts", async () => {
    const { id } = await apply({ forSeconds: 60 });
    harness.breakVerbs("undo");
    harness.clock.advance(60_000);
    await tendActions(harness.ctx);
    expect(await getAction(harness.ctx, id)).toMatchObject({
      state: "undoing",
      message: expect.stringContaining("NOT"),
    });
    await tendActions(harness.ctx);
    expect(harness.calls.filter((verb) => verb === "undo")).toHaveLength(1);
    harness.breakVerbs();
    const next = harness.restarted();
    await reconcileActions(next);
    await tendActions(next);
    expect(await stateOf(id)).toBe("expired");
  });

  test("C-3: asked for on another machine is carried out by the one it lies on", async () => {
    const { id } = await apply();
    const elsewhere = { ...harness.restarted(), home: "/another/home" };
    expect(await undoAction(elsewhere, { id, reason: "over" })).toMatchObject({ state: "undoing" });
    expect(harness.isSet("block")).toBe(true);
    await tendActions(elsewhere);
    expect(harness.isSet("block")).toBe(true);
    await tendActions(harness.ctx);
    expect(await getAction(harness.ctx, id)).toMatchObject({ state: "undone", endedBy: { name: "ada" } });
    expect(harness.isSet("block")).toBe(false);
  });
});

describe("what is in force", () => {
  test("C-3: and vanished is applied again, at the start and each minute", async () => {
    const { id } = await apply();
    harness.remove("block");
    const next = harness.restarted();
    await reconcileActions(next);
    await tendActions(next);
    expect([await stateOf(id), harness.isSet("block")]).toEqual(["in_force", true]);
    harness.remove("block");
    harness.clock.advance(60_000);
    await tendActions(next);
    expect([await stateOf(id), harness.isSet("block")]).toEqual(["in_force", true]);
  });

  test("C-3: and cannot be seen is lost, keeps what there is, and is in force again when it can", async () => {
    const { id } = await apply();
    harness.breakVerbs("verify", "apply");
    harness.clock.advance(60_000);
    await tendActions(harness.ctx);
    expect([await stateOf(id), harness.isSet("block")]).toEqual(["lost", true]);
    expect(harness.calls).not.toContain("undo");
    harness.breakVerbs();
    harness.clock.advance(60_000);
    await tendActions(harness.ctx);
    expect(await stateOf(id)).toBe("in_force");
  });

  test("C-3: is what verify confirms: an apply that says done and is not leaves it lost", async () => {
    harness.breakVerbs("verify");
    expect(await apply()).toMatchObject({ state: "lost", message: expect.stringContaining("does not hold") });
  });
});

describe("kill -9", () => {
  test("C-3: before the effector acted: it is applied by the next process", async () => {
    const next = await dieAt("inserted", (ctx) => apply({}, ctx));
    expect((await newest()).state).toBe("applying");
    await tendActions(next);
    expect(await newest()).toMatchObject({ state: "in_force" });
    expect(harness.isSet("block")).toBe(true);
  });

  test("C-3: after it acted: it is seen to hold and not done again", async () => {
    const next = await dieAt("applied", (ctx) => apply({}, ctx));
    await tendActions(next);
    expect(await newest()).toMatchObject({ state: "in_force", message: expect.stringContaining("interrupted") });
    expect(harness.calls.filter((verb) => verb === "apply")).toHaveLength(1);
  });

  test("C-3: of what must not run twice waits for a person, who takes it back", async () => {
    const next = await dieAt("inserted", (ctx) => apply({ effector: "test.once" }, ctx));
    await tendActions(next);
    const { id, state } = await newest();
    expect(state).toBe("interrupted");
    expect(harness.calls).not.toContain("apply");
    expect(await undoAction(next, { id, reason: "looked" })).toMatchObject({ state: "undone" });
  });

  test("C-3: each time it is applied is not survived for ever: after five it waits for a person", async () => {
    let next = await dieAt("inserted", (ctx) => apply({}, ctx));
    for (let deaths = 1; deaths < 5; deaths++) {
      const dying = {
        ...next,
        fault: () => {
          throw new Died();
        },
      };
      harness.breakVerbs("verify");
      await tendActions(dying);
      next = harness.restarted();
      await reconcileActions(next);
    }
    await tendActions(next);
    expect((await newest()).state).toBe("interrupted");
  });

  test("C-3: in the middle of an undo: the next process finishes it", async () => {
    const { id } = await apply();
    const next = await dieAt("undone", (ctx) => undoAction(ctx, { id, reason: "over" }));
    expect(await stateOf(id)).toBe("undoing");
    await tendActions(next);
    expect(await getAction(next, id)).toMatchObject({ state: "undone", endReason: "over" });
  });
});

test("C-3: the list of effectors says what each takes and who may use it", async () => {
  const listed = await listEffectors(harness.ctx);
  const destroying = listed.find(({ name }) => name === "test.destroy");
  expect(destroying).toMatchObject({ role: "commander", missing: [], parameters: { properties: { file: {} } } });
  expect(listed.find(({ name }) => name === "test.file")).toMatchObject({ role: "responder" });
});
