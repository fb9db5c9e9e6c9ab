import type { Actor, ApprovalView } from "@firebreak/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { answerApproval, expireApprovals, getApproval } from "../approvals/index.ts";
import type { Answerer, ApprovalContext } from "../approvals/index.ts";
import { createManualClock, systemClock } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import { requireAuditRows } from "../storage/testing-audit-rows.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { abortRun } from "./abort-run.ts";
import { executeRun } from "./execute-run.ts";
import { followStepApproval } from "./follow-approval.ts";
import { retryStep } from "./retry-step.ts";
import { withdrawQuestions } from "./withdraw-questions.ts";
import { countActs, readActs } from "./testing/file-effectors.ts";
import { Died, createHarness, reasonOf, stateOf } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";
import { actionFields, manualFields, playbookText } from "./testing/playbook-text.ts";

let server: TestDatabase;
let harness: Harness;

beforeAll(async () => {
  server = await createTestDatabase();
  await requireAuditRows(server.database, ["approvals", "approval_answers"]);
});
afterAll(() => server.close());
beforeEach(() => {
  harness = createHarness(server.database);
});
afterEach(() => harness.close());

const daemon: Actor = { kind: "daemon", id: "firebreak", name: "firebreak" };
const person = (name: string): Answerer => ({
  actor: { kind: "person", id: `usr_${name}`, name },
  access: "commander",
});
const [ada, bob, cleo] = [person("ada"), person("bob"), person("cleo")];
const as = (actor: Actor, clock: Clock = systemClock): ApprovalContext => ({
  database: server.database,
  clock,
  newId: harness.ctx.newId,
  actor,
  recordTimeline: async () => {},
});

const roles = { lead: { title: "Lead", access: "commander" } };
const asking = (id: string, extra: Readonly<Record<string, unknown>> = {}) =>
  actionFields(id, { approval: { role: "lead" }, ...extra });
const go = (steps: unknown, extra: Readonly<Record<string, unknown>> = {}) => ({
  id: "go",
  title: "Go or no go",
  type: "approval",
  role: "lead",
  question: "Is everybody out of the building?",
  timeBox: "1h",
  ...(steps === undefined ? {} : { steps }),
  ...extra,
});
const start = (steps: Parameters<typeof playbookText>[0], extra = {}) =>
  harness.request(playbookText(steps, { roles, ...extra }));

async function questionOf(runId: string, stepId: string): Promise<ApprovalView> {
  const step = (await harness.view(runId)).steps.find(({ id }) => id === stepId);
  return getApproval(as(daemon), bob, step?.approvalId ?? "none");
}

/** A person answers; what the answer sets off is done as the server does it. */
async function answer(runId: string, stepId: string, by: Answerer, said: "approved" | "denied" = "approved") {
  const { id, digest, checklist } = await questionOf(runId, stepId);
  const given = { id, digest, checked: checklist, answer: said, reason: "looked at it" };
  const { state } = await answerApproval(as(by.actor), by, given);
  await followStepApproval({ ...harness.ctx, actor: daemon }, { approvalId: id, state });
  return state;
}

describe("P-1: an action that needs a yes", () => {
  test("is asked for with exactly what it would do, acts once after it, and spends the yes", async () => {
    const use = asking("two", { with: { name: "${steps.one.output.made}" } });
    const runId = await start([actionFields("one"), use]);
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "approval" });
    expect(readActs(harness.home)).toEqual(["apply one"]);
    const question = await questionOf(runId, "two");
    expect(question).toMatchObject({
      kind: "playbook.step",
      role: "commander",
      requestedBy: { kind: "playbook", id: "test-book" },
      arguments: { runId, stepId: "two", effector: "file.write", parameters: { name: "made-one" } },
      preview: ["would write made-one"],
    });
    expect(await answer(runId, "two", bob)).toBe("approved");
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual(["apply one", "apply made-one"]);
    expect(await questionOf(runId, "two")).toMatchObject({ state: "used", outcome: "succeeded" });
  });

  test("that is denied does not act, and neither does what follows: the run has failed and says so", async () => {
    const runId = await start([asking("kill"), actionFields("after")]);
    await harness.execute(runId);
    await answer(runId, "kill", bob, "denied");
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    const run = await harness.view(runId);
    expect(run.reason).toBe("step_denied");
    expect(run.steps).toMatchObject([
      { state: "denied", reason: "approval_denied", message: "bob said no: looked at it" },
      { state: "skipped", reason: "earlier_step_failed" },
    ]);
    expect(readActs(harness.home)).toEqual([]);
  });

  test("that is denied lets its run go on when it says so, which is completed with exceptions at best", async () => {
    const runId = await start([asking("kill", { onFailure: "continue" }), actionFields("after")]);
    await harness.execute(runId);
    await answer(runId, "kill", bob, "denied");
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed_with_exceptions" });
    expect(readActs(harness.home)).toEqual(["apply after"]);
  });

  test("is denied when nobody answers in time, or when the yes is too old when it should act", async () => {
    const [silent, late] = [await start([asking("kill")]), await start([asking("kill")])];
    for (const runId of [silent, late]) await harness.execute(runId);
    const { id } = await questionOf(silent, "kill");
    await answer(late, "kill", bob);
    const clock = createManualClock(Date.now() + 31 * 60_000);
    await expireApprovals(as(daemon, clock));
    await followStepApproval({ ...harness.ctx, actor: daemon }, { approvalId: id, state: "expired" });
    for (const runId of [silent, late]) {
      expect(await executeRun({ ...harness.ctx, clock }, runId)).toEqual({ kind: "ended", state: "failed" });
      expect(reasonOf(await harness.view(runId), "kill")).toBe("approval_expired");
    }
    expect(readActs(harness.home)).toEqual([]);
  });

  test("is approved by as many different persons as it says, and never by who started the run", async () => {
    const runId = await start([
      asking("kill", { approval: { role: "lead", people: 2, checklist: ["backup is there"] } }),
    ]);
    await harness.execute(runId);
    await expect(answer(runId, "kill", ada)).rejects.toMatchObject({ code: "forbidden" });
    expect(await answer(runId, "kill", bob)).toBe("pending");
    await expect(answer(runId, "kill", bob)).rejects.toMatchObject({ code: "forbidden" });
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "approval" });
    expect(await answer(runId, "kill", cleo)).toBe("approved");
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
  });

  test("that is done again is asked for again, and not approved by who had it done again either", async () => {
    const runId = await start([asking("kill", { with: { name: "kill", behaviour: "failed" } })]);
    await harness.execute(runId);
    await answer(runId, "kill", bob);
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    await retryStep({ ...harness.ctx, actor: bob.actor }, { runId, stepId: "kill", reason: "once more" });
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "approval" });
    await expect(answer(runId, "kill", bob)).rejects.toMatchObject({ code: "forbidden" });
    await answer(runId, "kill", cleo);
    await harness.execute(runId);
    expect(countActs(harness.home, "apply kill")).toBe(2);
  });

  test("dies at every moment: it never acts without a yes, and an approved one acts exactly once", async () => {
    const moments = ["step.before_begin", "step.begun", "step.applied", "step.recorded"] as const;
    for (const [index, moment] of moments.entries()) {
      const name = `once-${index}`;
      const runId = await start([asking(name)]);
      const dieAt = async () => {
        const dying = harness.execute(runId, (point) => {
          if (point === moment) throw new Died();
        });
        const fault = await dying.then(
          () => null,
          (error: unknown) => error,
        );
        expect(fault === null || fault instanceof Died).toBe(true);
      };
      await dieAt();
      await harness.execute(runId);
      expect(countActs(harness.home, `apply ${name}`)).toBe(0);
      await answer(runId, name, bob);
      await dieAt();
      await harness.execute(runId);
      expect(stateOf(await harness.view(runId), name)).toBe("succeeded");
      expect(countActs(harness.home, `apply ${name}`)).toBeLessThanOrEqual(2);
    }
  });

  test("whose yes was for something else is denied", async () => {
    const runId = await start([asking("kill")]);
    await harness.execute(runId);
    await answer(runId, "kill", bob);
    await server.database.pool.query("alter table approvals disable trigger all");
    await server.database.pool.query(
      `update approvals set arguments = replace(arguments, '"name":"kill"', '"name":"other"') where target = $1`,
      [runId],
    );
    await server.database.pool.query("alter table approvals enable trigger all");
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    expect(reasonOf(await harness.view(runId), "kill")).toBe("approval_mismatch");
    expect(readActs(harness.home)).toEqual([]);
  });

  test("whose parameters have no value is not asked for: it has failed", async () => {
    const bad = actionFields("bad", { with: { name: "bad", behaviour: "failed" }, onFailure: "continue" });
    const runId = await start([bad, asking("use", { with: { name: "${steps.bad.output.made}" } })]);
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "failed" });
    expect(await harness.view(runId)).toMatchObject({
      steps: [{}, { reason: "unresolved_reference", approvalId: null }],
    });
  });
});

describe("P-1: a step that is a go or no-go", () => {
  test("lets what stands within it act only after a yes to all its parameters", async () => {
    const within = [actionFields("one"), actionFields("two", { with: { name: "${steps.one.output.made}" } })];
    const runId = await start([go(within), actionFields("after")]);
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "approval" });
    const question = await questionOf(runId, "go");
    expect(question.arguments).toMatchObject({
      question: "Is everybody out of the building?",
      steps: [
        { stepId: "one", effector: "file.write", parameters: { name: "one" } },
        { stepId: "two", effector: "file.write", parameters: { name: "${steps.one.output.made}" } },
      ],
    });
    expect(question.preview).toEqual([
      'Do one: file.write {"name":"one"}',
      'Do two: file.write {"name":"${steps.one.output.made}"}',
    ]);
    expect(readActs(harness.home)).toEqual([]);
    await answer(runId, "go", bob);
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: "completed" });
    expect(readActs(harness.home)).toEqual(["apply one", "apply made-one", "apply after"]);
  });

  test("with nothing within it is passed by a yes and stops the run by a no", async () => {
    for (const [said, state, acts] of [
      ["approved", "completed", 1],
      ["denied", "failed", 0],
    ] as const) {
      const runId = await start([go(undefined), actionFields(said)]);
      await harness.execute(runId);
      await answer(runId, "go", bob, said);
      expect(await harness.execute(runId)).toEqual({ kind: "ended", state });
      expect(countActs(harness.home, `apply ${said}`)).toBe(acts);
    }
  });

  test("denied skips what stands within, also when the run goes on; done again it is asked again and lets it act", async () => {
    const steps = [go([actionFields("one")], { onFailure: "continue" }), actionFields("after"), manualFields("ask")];
    const runId = await start(steps);
    await harness.execute(runId);
    await answer(runId, "go", bob, "denied");
    expect(await harness.execute(runId)).toEqual({ kind: "waiting", reason: "manual_step" });
    expect(readActs(harness.home)).toEqual(["apply after"]);
    expect(stateOf(await harness.view(runId), "one")).toBe("skipped");
    await retryStep(harness.ctx, { runId, stepId: "go", reason: "now they are" });
    await harness.execute(runId);
    await answer(runId, "go", bob);
    await harness.execute(runId);
    expect(readActs(harness.home)).toEqual(["apply after", "apply one"]);
  });

  test("an answer after the run was aborted changes nothing, and the question is withdrawn", async () => {
    const [runId, other] = [await start([go([actionFields("one")])]), await start([go([actionFields("two")])])];
    for (const one of [runId, other]) {
      await harness.execute(one);
      await abortRun(harness.ctx, { runId: one, reason: "not needed" });
      await harness.execute(one);
    }
    await answer(runId, "go", bob);
    await harness.execute(runId);
    await withdrawQuestions(as(daemon));
    expect(await questionOf(other, "go")).toMatchObject({ state: "expired" });
    await expect(answer(other, "go", bob)).rejects.toThrow("is expired already");
    expect(await harness.view(runId)).toMatchObject({
      state: "aborted",
      steps: [{ state: "skipped" }, { state: "skipped" }],
    });
    expect(readActs(harness.home)).toEqual([]);
  });
});

test("a step within others that failed is done again there, and they go on", async () => {
  const flaky = actionFields("flaky", { with: { name: "flaky", behaviour: "fails_twice" } });
  const branches = [
    { id: "a", steps: [flaky, actionFields("rest")] },
    { id: "b", steps: [actionFields("other")] },
  ];
  const both = { id: "both", title: "Both", type: "parallel", timeBox: "1h", branches };
  const runId = await start([both, actionFields("after")]);
  for (const ended of ["failed", "failed", "completed"]) {
    expect(await harness.execute(runId)).toEqual({ kind: "ended", state: ended });
    if (ended === "failed") await retryStep(harness.ctx, { runId, stepId: "flaky", reason: "mended" });
  }
  expect(countActs(harness.home, "apply other")).toBe(1);
  expect(readActs(harness.home).slice(-2)).toEqual(["apply rest", "apply after"]);
});
