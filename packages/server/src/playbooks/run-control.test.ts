import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { getIncident, reportIncident } from "../incidents/index.ts";
import { createTestContext, loadShippedProfile } from "../incidents/testing.ts";
import { requireAuditRows } from "../storage/testing-audit-rows.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { abortRun } from "./abort-run.ts";
import { completeManualStep } from "./answer-step.ts";
import { executeRun } from "./execute-run.ts";
import { handOver } from "./hand-over.ts";
import { pauseRun, resumeRun } from "./pause-run.ts";
import { retryStep } from "./retry-step.ts";
import { passOverStep } from "./pass-over-step.ts";
import { countActs, fileEffectors, readActs } from "./testing/file-effectors.ts";
import { createHarness, reasonOf, stateOf } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText } from "./testing/playbook-text.ts";

let server: TestDatabase;
let harness: Harness;

beforeAll(async () => {
  server = await createTestDatabase();
  await requireAuditRows(server.database, ["playbook_attempts"]);
});
afterAll(() => server.close());
beforeEach(() => {
  harness = createHarness(server.database);
});
afterEach(() => harness.close());

const reason = "looked at it with bea";
const failing = (id: string, extra: Readonly<Record<string, unknown>> = {}) =>
  actionFields(id, { with: { name: id, behaviour: "failed" }, ...extra });
/** Fails twice, then succeeds. */
const flaky = (id: string) => actionFields(id, { with: { name: id, behaviour: "fails_twice" } });

async function auditOf(runId: string): Promise<{ action: string; reason: unknown; name: string }[]> {
  const { rows } = await server.database.pool.query<{ action: string; leaf: string }>(
    "select action, leaf from audit_log where target = $1 order by seq",
    [runId],
  );
  return rows.map(({ action, leaf }) => {
    const { detail, actor } = JSON.parse(leaf) as { detail: Record<string, unknown>; actor: { name: string } };
    return { action, reason: detail["reason"], name: actor.name };
  });
}

describe("P-1: a paused run", () => {
  test("begins nothing, keeps what it did, and goes on when it is resumed", async () => {
    const runId = await harness.request(playbookText([actionFields("one"), actionFields("two")]));
    await pauseRun(harness.ctx, { runId, reason });
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "paused" });
    expect(readActs(harness.home)).toEqual([]);
    expect(await harness.view(runId)).toMatchObject({ state: "waiting", reason: "paused", paused: { reason } });
    await resumeRun(harness.ctx, { runId, reason });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    const told = (await auditOf(runId)).filter(({ action }) => action.endsWith("e_run"));
    expect(told).toEqual([
      { action: "playbook.pause_run", reason, name: "ada" },
      { action: "playbook.resume_run", reason, name: "ada" },
    ]);
  });

  test("that is paused during a step lets the step end and begins no other", async () => {
    const runId = await harness.request(playbookText([actionFields("one"), actionFields("two")]));
    const write = fileEffectors.get("file.write");
    if (!write) throw new Error("the test's effector is gone");
    const apply: typeof write.apply = async (ctx, given) => {
      await pauseRun(harness.ctx, { runId, reason });
      return write.apply(ctx, given);
    };
    const effectors = new Map([["file.write", { ...write, apply }]]);
    const progress = await executeRun({ ...harness.ctx, effectors }, runId);
    expect(progress).toEqual({ kind: "waiting", reason: "paused" });
    expect(readActs(harness.home)).toEqual(["apply one"]);
    expect((await harness.view(runId)).steps.map(({ state }) => state)).toEqual(["succeeded", "pending"]);
  });

  test("takes the answer of a person, and opens no further question", async () => {
    const runId = await harness.request(playbookText([manualFields("ask"), manualFields("more")]));
    await harness.execute(runId);
    await pauseRun(harness.ctx, { runId, reason });
    await completeManualStep(harness.ctx, { runId, stepId: "ask", note: "done" });
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "paused" });
    expect(stateOf(await harness.view(runId), "more")).toBe("pending");
  });

  test("can be aborted; one that ended can be neither paused nor resumed", async () => {
    const runId = await harness.request(playbookText([actionFields("one")]));
    await pauseRun(harness.ctx, { runId, reason });
    await abortRun(harness.ctx, { runId, reason });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "aborted" });
    await expect(pauseRun(harness.ctx, { runId, reason })).rejects.toMatchObject({ code: "conflict" });
    await expect(resumeRun(harness.ctx, { runId, reason })).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("P-1: a skipped step", () => {
  test("that is required takes a commander, and its run is completed with exceptions at best", async () => {
    const runId = await harness.request(playbookText([manualFields("ask"), actionFields("after")]));
    await harness.execute(runId);
    const responder = { ...harness.ctx, access: "responder" as const };
    await expect(passOverStep(responder, { runId, stepId: "ask", reason })).rejects.toMatchObject({
      code: "forbidden",
    });
    await passOverStep(harness.ctx, { runId, stepId: "ask", reason });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
    expect(await harness.view(runId)).toMatchObject({ reason: "step_skipped", steps: [{ message: reason }, {}] });
  });

  test("that has not begun never begins; one that need not be done is no exception", async () => {
    const text = playbookText([manualFields("ask"), actionFields("later", { required: false })]);
    const runId = await harness.request(text);
    await harness.execute(runId);
    await passOverStep({ ...harness.ctx, access: "responder" }, { runId, stepId: "later", reason });
    await completeManualStep(harness.ctx, { runId, stepId: "ask", note: "done" });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual([]);
  });

  test("that failed its run lets the run go on with what never ran", async () => {
    const runId = await harness.request(playbookText([failing("bad"), actionFields("after")]));
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    expect(await passOverStep(harness.ctx, { runId, stepId: "bad", reason })).toMatchObject({
      state: "pending",
      endedAt: null,
    });
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
    expect(readActs(harness.home)).toEqual(["apply bad", "apply after"]);
  });

  test("cannot be one that is running: the executor's result counts", async () => {
    const runId = await harness.request(playbookText([actionFields("one")]));
    const outcomes: unknown[] = [];
    await harness.execute(runId, (point) => {
      if (point === "step.begun") {
        outcomes.push(passOverStep(harness.ctx, { runId, stepId: "one", reason }).catch((error: unknown) => error));
      }
    });
    expect(await Promise.all(outcomes)).toEqual([expect.objectContaining({ code: "conflict" })]);
    expect(stateOf(await harness.view(runId), "one")).toBe("succeeded");
  });

  test("that is skipped while the executor begins it is either skipped or done, never both", async () => {
    for (let round = 0; round < 10; round++) {
      const runId = await harness.request(playbookText([actionFields(`step-${round}`)]));
      const [skipped] = await Promise.allSettled([
        passOverStep(harness.ctx, { runId, stepId: `step-${round}`, reason }),
        harness.execute(runId),
      ]);
      await harness.execute(runId);
      const acted = countActs(harness.home, `apply step-${round}`);
      expect([skipped.status, acted]).toEqual(acted === 0 ? ["fulfilled", 0] : ["rejected", 1]);
    }
  });

  test("that may have acted is named when the run is aborted, not passed over", async () => {
    const late = actionFields("late", { with: { name: "late", behaviour: "hangs" }, timeBox: "50ms", undo: "auto" });
    const runId = await harness.request(playbookText([late, manualFields("ask")]));
    await harness.execute(runId);
    await passOverStep(harness.ctx, { runId, stepId: "late", reason });
    await harness.execute(runId);
    await abortRun(harness.ctx, { runId, reason });
    await harness.execute(runId);
    expect(await harness.view(runId)).toMatchObject({ state: "aborted", reason: "undo_incomplete" });
    expect(reasonOf(await harness.view(runId), "late")).toBe("undo_not_possible");
  });
});

describe("P-1: a step that is done again", () => {
  test("takes its failed run up where it stopped, and what came of it before is kept", async () => {
    const runId = await harness.request(playbookText([actionFields("one"), flaky("shaky"), actionFields("after")]));
    for (const ended of ["failed", "failed", "completed"]) {
      expect(await harness.execute(runId)).toEqual({ kind: "ended", state: ended });
      if (ended === "failed") await retryStep(harness.ctx, { runId, stepId: "shaky", reason });
    }
    expect(countActs(harness.home, "apply one")).toBe(1);
    expect(countActs(harness.home, "apply shaky")).toBe(3);
    const shaky = (await harness.view(runId)).steps[1];
    expect(shaky).toMatchObject({ state: "succeeded", attempts: 3 });
    expect(shaky?.earlier.map(({ state, message }) => [state, message])).toEqual([
      ["failed", "not yet"],
      ["failed", "not yet"],
    ]);
  });

  test("is told in the incident, each attempt and each end of the run", async () => {
    const incidentCtx = await createTestContext(server.database);
    const { id: incidentId } = await reportIncident(incidentCtx, { title: "Down", severity: 2, type: "other" });
    const runId = await harness.request(playbookText([flaky("shaky")]), { incidentId });
    await harness.execute(runId);
    await retryStep(harness.ctx, { runId, stepId: "shaky", reason });
    await harness.execute(runId);
    const { timeline } = await getIncident(incidentCtx, incidentId);
    const told = timeline.filter((entry) => entry.source === "playbook").map((entry) => entry.text);
    expect(told).toEqual([
      "Do shaky: failed — not yet",
      "Test book: failed (step failed)",
      `Test book: ada has the step shaky done again, which was failed — ${reason}`,
      "Do shaky: failed — not yet",
      "Test book: failed (step failed)",
    ]);
  });

  test("asked for by two at once is done again once", async () => {
    const runId = await harness.request(playbookText([failing("bad")]));
    await harness.execute(runId);
    const asked = await Promise.allSettled(
      [1, 2, 3, 4].map(() => retryStep(harness.ctx, { runId, stepId: "bad", reason })),
    );
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await harness.execute(runId);
    expect(countActs(harness.home, "apply bad")).toBe(2);
  });

  test.each(["one", "ask"])("cannot be %s, which did not fail, nor one of a run that was aborted", async (stepId) => {
    const runId = await harness.request(playbookText([actionFields("one"), manualFields("ask")]));
    await harness.execute(runId);
    await expect(retryStep(harness.ctx, { runId, stepId, reason })).rejects.toMatchObject({ code: "conflict" });
    const aborted = await harness.request(
      playbookText([failing("bad", { onFailure: "continue" }), manualFields("ask")]),
    );
    await harness.execute(aborted);
    await abortRun(harness.ctx, { runId: aborted, reason });
    await harness.execute(aborted);
    const again = retryStep(harness.ctx, { runId: aborted, stepId: "bad", reason });
    await expect(again).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("P-1: a run that is handed over", () => {
  beforeEach(async () => {
    await server.database.pool.query(
      `insert into users (id, name, role, created_at) values ('usr_bea', 'bea', 'responder', now()), ('usr_vic', 'vic', 'viewer', now())
       on conflict do nothing`,
    );
  });

  const notifying = async () => {
    const profile = await loadShippedProfile();
    const channel = { name: "bea", kind: "webhook", person: "bea", url: "http://127.0.0.1:9/hook" } as const;
    return {
      ...harness.ctx,
      profile: { ...profile, channels: [channel], notifications: [] },
      consoleUrl: "http://127.0.0.1:1",
      readSecret: () => Promise.resolve(undefined),
      makeAnswerLink: () => Promise.resolve({ url: "", person: null }),
      recordTimeline: () => Promise.resolve(),
    };
  };

  test("has the new person on record and tells them, and so has a step", async () => {
    const runId = await harness.request(playbookText([manualFields("ask")]));
    expect((await harness.view(runId)).owner).toBe("ada");
    await harness.execute(runId);
    const ctx = await notifying();
    expect(await handOver(ctx, { runId, to: "bea", reason })).toMatchObject({ owner: "bea" });
    const { rows } = await server.database.pool.query("select channel, subject from deliveries where key like $1", [
      `${runId}/%`,
    ]);
    expect(rows).toEqual([{ channel: "bea", subject: `Waits for bea: handed over by ada: ${reason}` }]);
    const run = await handOver(ctx, { runId, stepId: "ask", to: "bea", reason });
    expect(run.steps[0]).toMatchObject({ assignee: "bea", state: "waiting" });
    expect((await auditOf(runId)).map(({ action }) => action)).toEqual([
      "playbook.request_run",
      "playbook.step",
      "playbook.hand_over_run",
      "playbook.hand_over_step",
    ]);
  });

  test("goes to nobody who is not there, may only look, or when it has ended", async () => {
    const runId = await harness.request(playbookText([manualFields("ask")]));
    const ctx = await notifying();
    const to = (name: string) => handOver(ctx, { runId, to: name, reason });
    await expect(to("ghost")).rejects.toMatchObject({ code: "not_found" });
    await expect(to("vic")).rejects.toMatchObject({ code: "conflict" });
    await abortRun(harness.ctx, { runId, reason });
    await harness.execute(runId);
    await expect(to("bea")).rejects.toMatchObject({ code: "conflict" });
  });
});

test("a change to a run and its record are one transaction", async () => {
  const runId = await harness.request(playbookText([manualFields("ask")]));
  await harness.execute(runId);
  const broken = { ...harness.ctx, actor: { ...harness.ctx.actor, kind: "ghost" as "person" } };
  await server.database.pool.query(
    'alter table audit_log add constraint no_ghosts check (leaf not like \'%"kind":"ghost"%\') not valid',
  );
  await expect(passOverStep(broken, { runId, stepId: "ask", reason })).rejects.toThrow("no_ghosts");
  await expect(pauseRun(broken, { runId, reason })).rejects.toThrow("no_ghosts");
  await server.database.pool.query("alter table audit_log drop constraint no_ghosts");
  expect(await harness.view(runId)).toMatchObject({ paused: null, steps: [{ state: "waiting" }] });
});
