import type { Actor, AnswerApprovalRequest } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, createNewId } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { requireAuditRows } from "../storage/testing-audit-rows.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  answerApproval,
  expireApprovals,
  getApproval,
  listApprovals,
  makeAnswerToken,
  noteOutcome,
  openAnswerLink,
} from "./index.ts";
import { requestApproval, useApproval } from "./index.ts";
import type { Answerer, ApprovalContext, NewApproval } from "./index.ts";

const person = (name: string): Answerer => ({
  actor: { kind: "person", id: `usr_${name}`, name },
  access: "commander",
});
const [ada, bob, cleo] = [person("ada"), person("bob"), person("cleo")];
const commandLine: Answerer = { actor: { kind: "cli", id: "local", name: "bob" }, access: "admin" };
const rule: Actor = { kind: "rule", id: "exfiltration", name: "exfiltration" };
const MINUTE_MS = 60_000;

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
  await testDatabase.database.pool.query("truncate approvals cascade; delete from audit_log");
});

const KILL = { agent: "scout", level: "kill" };

function ask(overrides: Partial<NewApproval> = {}, actor = rule) {
  const question: NewApproval = {
    kind: "containment.kill",
    title: "Kill scout",
    reason: "it sends keys away",
    arguments: KILL,
    preview: ["scout: 3 processes end"],
    expiresInMs: 10 * MINUTE_MS,
    role: "commander",
    ...overrides,
  };
  return inTransaction(testDatabase.database, (trx) => requestApproval(trx, as(actor), question));
}

type Row = Awaited<ReturnType<typeof ask>>;
const answer = (by: Answerer, row: Row, part: Partial<AnswerApprovalRequest> = {}) =>
  answerApproval(as(by.actor), by, {
    id: row.id,
    answer: "approved",
    reason: "looked at it",
    digest: row.digest,
    checked: [],
    ...part,
  });
const use = (row: Row, usedFor = "act_1", given: Record<string, unknown> = KILL) =>
  inTransaction(testDatabase.database, (trx) =>
    useApproval(trx, as(rule), { id: row.id, kind: "containment.kill", arguments: given, usedFor }),
  );

test("C-7: what was approved may be done once, with exactly these arguments, and again only by the same use", async () => {
  const row = await ask();
  await expect(use(row)).rejects.toThrow("is pending, so it allows nothing");
  expect(await answer(ada, row)).toMatchObject({ state: "approved", answers: [{ by: ada.actor, answer: "approved" }] });
  await expect(use(row, "act_1", { ...KILL, agent: "other" })).rejects.toThrow("allows something else");
  expect(await use(row)).toMatchObject({ state: "used", used_for: "act_1" });
  expect(await use(row)).toMatchObject({ state: "used" });
  await expect(use(row, "act_2")).rejects.toThrow("is used, so it allows nothing");
  await noteOutcome(as(rule), row.id, "killed");
  await noteOutcome(as(rule), row.id, "killed again");
  expect(await getApproval(as(rule), ada, row.id)).toMatchObject({ state: "used", outcome: "killed" });
  const { rows } = await testDatabase.database.pool.query("select action from audit_log order by seq");
  expect(rows.map((one: { action: string }) => one.action)).toEqual([
    "approval.request",
    "approval.answer",
    "approval.use",
    "approval.outcome",
  ]);
});

test("C-1: nobody approves what they asked for, under whatever door they come", async () => {
  const byAda = await ask({}, ada.actor);
  await expect(answer(ada, byAda)).rejects.toMatchObject({ code: "forbidden" });
  expect((await getApproval(as(rule), ada, byAda.id)).refusal).toContain("another person");
  expect((await getApproval(as(rule), bob, byAda.id)).refusal).toBeNull();
  const owner = person("owner");
  const byOwner = await ask({}, owner.actor);
  await expect(answer(commandLine, byOwner)).rejects.toThrow("another person has to");
  expect(await answer(owner, byOwner, { answer: "denied", reason: "not needed any more" })).toMatchObject({
    state: "denied",
  });
});

test.each<[string, Answerer]>([
  ["an agent's token", { actor: { kind: "agent", id: "scout", name: "scout" }, access: "agent" }],
  ["an API token of an administrator", { actor: { kind: "token", id: "tok_1", name: "ci" }, access: "admin" }],
  ["a rule", { actor: rule, access: "admin" }],
  ["a person with too low a role", { actor: ada.actor, access: "responder" }],
])("C-1: %s can neither approve nor deny", async (_who, answerer) => {
  const row = await ask();
  await expect(answer(answerer, row)).rejects.toMatchObject({ code: "forbidden" });
  await expect(answer(answerer, row, { answer: "denied" })).rejects.toMatchObject({ code: "forbidden" });
  expect(await getApproval(as(rule), ada, row.id)).toMatchObject({ state: "pending", answers: [] });
});

test("two persons are two persons: one who answers twice, or as the command line too, is one", async () => {
  const row = await ask({ answersNeeded: 2 });
  expect(await answer(person("owner"), row)).toMatchObject({ state: "pending" });
  await expect(answer(person("owner"), row)).rejects.toThrow("answered this already");
  await expect(answer(commandLine, row)).rejects.toThrow("answered this already");
  expect(await answer(bob, row)).toMatchObject({ state: "approved" });
});

test("the first no decides, also of who said yes before", async () => {
  const row = await ask({ answersNeeded: 2 });
  await answer(ada, row);
  expect(await answer(ada, row, { answer: "denied", reason: "saw it wrong" })).toMatchObject({ state: "denied" });
  await expect(answer(bob, row)).rejects.toThrow("is denied already");
  await expect(use(row)).rejects.toThrow("is denied");
});

test("an answer is bound to what was shown, and to the whole checklist", async () => {
  const row = await ask({ checklist: ["the key was rotated", "the prompt was read"] });
  const twin = await ask({ checklist: ["the key was rotated", "the prompt was read"] });
  expect(row.digest).not.toBe(twin.digest);
  await expect(answer(ada, row, { digest: twin.digest })).rejects.toThrow("something else than what is asked");
  await expect(answer(ada, row, { checked: ["the key was rotated"] })).rejects.toThrow("the prompt was read");
  expect(await answer(ada, row, { checked: ["the key was rotated", "the prompt was read"] })).toMatchObject({
    state: "approved",
  });
});

test("a question ends when its time is over, unanswered or approved and never used", async () => {
  const [open, approved, later] = [await ask(), await ask(), await ask({ expiresInMs: 60 * MINUTE_MS })];
  await answer(ada, approved);
  clock.advance(10 * MINUTE_MS);
  await expect(answer(ada, open)).rejects.toThrow("has expired");
  await expect(use(approved)).rejects.toThrow("has expired");
  expect(await expireApprovals(as(rule))).toBe(2);
  expect(await expireApprovals(as(rule))).toBe(0);
  const { items } = await listApprovals(as(rule), ada, { state: "expired" });
  expect(items.map((one) => one.id).toSorted()).toEqual([open.id, approved.id].toSorted());
  expect((await getApproval(as(rule), ada, later.id)).state).toBe("pending");
});

test("of answers at the same time each counts once, and two uses at the same time are one", async () => {
  const row = await ask({ answersNeeded: 2 });
  const persons = [ada, bob, cleo];
  const outcomes = await Promise.allSettled(persons.map((one) => answer(one, row)));
  expect(outcomes.filter((one) => one.status === "fulfilled")).toHaveLength(2);
  const uses = await Promise.allSettled([use(row, "act_1"), use(row, "act_2")]);
  expect(uses.filter((one) => one.status === "fulfilled")).toHaveLength(1);
});

test("a question with a given id is asked once; text that no database holds is made storable", async () => {
  const id = newId("approval");
  const first = await ask({ id, title: "Kill \u0000 \ud800 x", preview: ["\u0000"] });
  expect(await ask({ id, title: "another" })).toEqual(first);
  expect(first.title).toBe("Kill \uFFFD \uFFFD x");
  await expect(ask({ arguments: { n: Number.NaN } })).rejects.toMatchObject({ code: "invalid_body" });
  await expect(ask({ arguments: { text: "x".repeat(70_000) } })).rejects.toMatchObject({ code: "invalid_body" });
});

describe("C-7: a link answers one question as one person", () => {
  const token = (row: Row, name = "ada") => makeAnswerToken(as(rule), { approvalId: row.id, person: name });
  const openLink = (secret: string | null) => openAnswerLink(as(rule), secret ?? "");
  const setUser = (text: string) => testDatabase.database.pool.query(text);

  beforeEach(async () => {
    await setUser("delete from users");
    await setUser(
      "insert into users (id, name, role, created_at) values ('usr_ada', 'ada', 'commander', now()), ('usr_vera', 'vera', 'viewer', now())",
    );
  });

  test("with the role that the person has now, and the rules that stand for everybody", async () => {
    const row = await ask();
    const { answerer, approval } = await openLink(await token(row));
    expect(answerer).toEqual(ada);
    expect(approval).toMatchObject({ id: row.id, refusal: null, arguments: KILL });
    expect(await answer(answerer, row)).toMatchObject({ state: "approved", answers: [{ by: ada.actor }] });
    const own = await ask({}, ada.actor);
    const asAsker = (await openLink(await token(own))).answerer;
    await expect(answer(asAsker, own)).rejects.toThrow("another person has to");
  });

  test("is not made for who may not answer, for nobody, or for what waits no more", async () => {
    const row = await ask();
    expect(await token(row, "vera")).toBeNull();
    expect(await token(row, "nobody")).toBeNull();
    await answer(bob, row, { answer: "denied" });
    expect(await token(row)).toBeNull();
  });

  test("is no good when it is guessed, has expired, or its person may not sign in any more", async () => {
    const row = await ask();
    const secret = await token(row);
    await expect(openLink("guessed")).rejects.toMatchObject({ code: "not_found" });
    await setUser("update users set disabled_at = now() where name = 'ada'");
    await expect(openLink(secret)).rejects.toMatchObject({ code: "not_found" });
    await setUser("update users set disabled_at = null");
    expect((await openLink(secret)).approval.id).toBe(row.id);
    clock.advance(11 * MINUTE_MS);
    await expect(openLink(secret)).rejects.toMatchObject({ code: "not_found" });
  });

  test("only its hash is kept, and that it was made stands in the audit log without it", async () => {
    const secret = await token(await ask());
    const { rows } = await testDatabase.database.pool.query(
      "select (select jsonb_agg(l) from answer_links l)::text || (select jsonb_agg(a.leaf) from audit_log a)::text as all",
    );
    expect(JSON.stringify(rows)).toContain("approval.link");
    expect(JSON.stringify(rows)).not.toContain(secret);
  });
});
