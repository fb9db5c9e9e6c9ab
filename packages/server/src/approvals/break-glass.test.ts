import type { Actor } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, createNewId } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { requireAuditRows } from "../storage/testing-audit-rows.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  answerApproval,
  breakGlass,
  getApproval,
  listApprovals,
  readQuestion,
  remindApprovals,
  requestApproval,
  reviewBreakGlass,
} from "./index.ts";
import type { Answerer, ApprovalContext, NewApproval } from "./index.ts";

const MINUTE_MS = 60_000;
const person = (name: string, access: Answerer["access"] = "commander"): Answerer => ({
  actor: { kind: "person", id: `usr_${name}`, name },
  access,
});
const [ada, bob, rita] = [person("ada"), person("bob"), person("rita", "responder")];
const playbook: Actor = { kind: "playbook", id: "restore", name: "Restore" };

const clock = createManualClock(Date.UTC(2026, 10, 20, 12));
const newId = createNewId(() => clock.now());
let testDatabase: TestDatabase;
let told: string[] = [];
const as = (actor: Actor): ApprovalContext => ({
  database: testDatabase.database,
  clock,
  newId,
  actor,
  recordTimeline: async (_trx, entry) => told.push(entry.text),
});

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  await requireAuditRows(testDatabase.database, ["approvals", "approval_answers"]);
});
afterAll(() => testDatabase.close());
beforeEach(async () => {
  told = [];
  await testDatabase.database.pool.query("truncate approvals, incidents, api_tokens cascade");
});

async function openIncident(severity: number): Promise<string> {
  const id = `INC-2026-000${severity}`;
  await testDatabase.database.pool.query(
    `insert into incidents (id, title, type, severity, severity_label, state, profile, began_at, detected_at, opened_at, updated_at)
     values ($1, 'Down', 'other', $2, 'P', 'detected', 'test', now(), now(), now(), now()) on conflict do nothing`,
    [id, severity],
  );
  return id;
}

async function ask(overrides: Partial<NewApproval> = {}, severity = 1) {
  const question: NewApproval = {
    kind: "playbook.step",
    title: "Restore the database",
    reason: "it is damaged",
    arguments: { runId: "run_1", stepId: "restore" },
    preview: ["the database is replaced"],
    checklist: ["the backup was verified"],
    incidentId: await openIncident(severity),
    expiresInMs: 30 * MINUTE_MS,
    role: "commander",
    answersNeeded: 2,
    ...overrides,
  };
  return inTransaction(testDatabase.database, (trx) => requestApproval(trx, as(playbook), question));
}

type Row = Awaited<ReturnType<typeof ask>>;
const said = (row: Row) => ({
  id: row.id,
  digest: row.digest,
  checked: ["the backup was verified"],
  reason: "nobody answers",
});
const breakIt = (row: Row, by = ada, part = {}) => breakGlass(as(by.actor), by, { ...said(row), ...part });
const answer = (row: Row, by: Answerer) => answerApproval(as(by.actor), by, { ...said(row), answer: "approved" });
const review = (row: Row, by: Answerer) =>
  reviewBreakGlass(as(by.actor), by, { id: row.id, verdict: "not_justified", note: "bob was there" });

describe("P-1: broken glass", () => {
  test("lets one commander decide, loudly, and stays open until another person has reviewed it", async () => {
    const row = await ask();
    expect(await breakIt(row)).toMatchObject({
      state: "approved",
      breakGlass: { by: ada.actor, reason: "nobody answers" },
    });
    expect(told.at(-1)).toMatch(/^BREAK-GLASS: ada approved .* alone: nobody answers/);
    const open = () => listApprovals(as(playbook), bob, { unreviewed: true });
    expect((await open()).items.map(({ id }) => id)).toEqual([row.id]);
    await expect(review(row, ada)).rejects.toMatchObject({ code: "forbidden" });
    expect(await review(row, rita)).toMatchObject({ reviewed: { by: rita.actor, verdict: "not_justified" } });
    expect((await open()).items).toEqual([]);
    await expect(review(row, bob)).rejects.toThrow("rita has reviewed it already");
    const { rows } = await testDatabase.database.pool.query(
      "select action from audit_log where target = $1 order by seq",
      [row.id],
    );
    expect(rows.map(({ action }: { action: string }) => action)).toEqual([
      "approval.request",
      "approval.break_glass",
      "approval.review",
    ]);
  });

  test.each<[string, Answerer]>([
    ["a responder", rita],
    ["an agent", { actor: { kind: "agent", id: "scout", name: "scout" }, access: "agent" }],
    ["a token of an administrator", { actor: { kind: "token", id: "tok_1", name: "ci" }, access: "admin" }],
  ])("is nothing that %s can do", async (_who, by) => {
    const row = await ask();
    await expect(breakIt(row, by)).rejects.toMatchObject({ code: "forbidden" });
    expect((await getApproval(as(playbook), ada, row.id)).state).toBe("pending");
  });

  test("needs severity 1, a playbook's step, the whole checklist and what was shown", async () => {
    await expect(breakIt(await ask({}, 2))).rejects.toThrow("only in an incident of severity 1");
    await expect(breakIt(await ask({ kind: "killswitch.resume" }))).rejects.toThrow(
      "never answered without its persons",
    );
    await expect(breakIt(await ask(), ada, { checked: [] })).rejects.toThrow("the backup was verified");
    await expect(breakIt(await ask(), ada, { digest: "0".repeat(64) })).rejects.toThrow(
      "something else than what is asked",
    );
    const late = await ask();
    clock.advance(31 * MINUTE_MS);
    await expect(breakIt(late)).rejects.toThrow("has expired");
    await expect(review(late, bob)).rejects.toThrow("nothing to review");
  });

  test("and an answer at the same time are one decision", async () => {
    const row = await ask({ answersNeeded: 1 });
    const both = await Promise.allSettled([breakIt(row, ada), answer(row, bob)]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("P-1: nobody approves what they asked for", () => {
  const token: Actor = { kind: "token", id: "tok_ada", name: "deploy" };
  const makeToken = (id: string, by: Actor) =>
    testDatabase.database.pool.query(
      "insert into api_tokens (id, name, secret_hash, access, created_by, created_at) values ($1, $1, $1, 'admin', $2, now())",
      [id, JSON.stringify(by)],
    );

  test("through a playbook that they started, or with a token that they made, or one made by that token", async () => {
    await makeToken("tok_ada", ada.actor);
    await makeToken("tok_child", token);
    for (const onBehalfOf of [[ada.actor], [token], [{ ...token, id: "tok_child" }]]) {
      const row = await ask({ onBehalfOf, answersNeeded: 1 });
      await expect(answer(row, ada)).rejects.toThrow("another person has to");
      expect((await getApproval(as(playbook), ada, row.id)).refusal).toContain("another person");
      expect(await answer(row, bob)).toMatchObject({ state: "approved" });
    }
  });

  test("with a token of their own that asks directly; one that is gone stands for nobody", async () => {
    await makeToken("tok_ada", ada.actor);
    const request = (actor: Actor) =>
      inTransaction(testDatabase.database, (trx) =>
        requestApproval(trx, as(actor), {
          kind: "playbook.step",
          title: "Restore",
          reason: "damaged",
          arguments: {},
          preview: [],
          expiresInMs: MINUTE_MS,
          role: "responder",
        }),
      );
    await expect(answer(await request(token), ada)).rejects.toThrow("another person has to");
    expect(await answer(await request({ ...token, id: "tok_gone" }), ada)).toMatchObject({ state: "approved" });
  });
});

test("P-1: what nobody answers is told again once, and then the role it escalates to may answer too", async () => {
  const row = await ask({ answersNeeded: 1, remindAfterMs: 10 * MINUTE_MS, escalateTo: "responder" });
  const daemon = as({ kind: "daemon", id: "firebreak", name: "firebreak" });
  expect(await remindApprovals(daemon)).toBe(0);
  await expect(answer(row, rita)).rejects.toMatchObject({ code: "forbidden" });
  clock.advance(10 * MINUTE_MS);
  expect(await remindApprovals(daemon)).toBe(1);
  expect(await remindApprovals(daemon)).toBe(0);
  expect(told.at(-1)).toBe(
    "Nobody has answered “Restore the database” yet. Who has the role responder may answer too.",
  );
  expect(await readQuestion(daemon, row.id)).toMatchObject({ again: true });
  expect(await answer(row, rita)).toMatchObject({ state: "approved" });
});
