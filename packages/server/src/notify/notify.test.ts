import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startSmtpSink } from "../../../../test/fakes/smtp-sink.ts";
import type { SmtpSink, SmtpSinkOptions } from "../../../../test/fakes/smtp-sink.ts";
import { startWebhookReceiver } from "../../../../test/fakes/webhook-receiver.ts";
import type { WebhookReceiver, WebhookReceiverOptions } from "../../../../test/fakes/webhook-receiver.ts";
import { createManualClock, createNewId, loadProfile, requireProfile, silentLogger } from "../kernel/index.ts";
import type { Channel, Clock } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { fileURLToPath } from "node:url";
import {
  checkTemplates,
  countFailedDeliveries,
  deliver,
  listDeliveries,
  requestNotifications,
  requestQuestionNotifications,
  retryDelivery,
  retryDueDeliveries,
} from "./index.ts";
import type { NotifyContext, TimelineNote } from "./index.ts";
import { judgeResponse, sendWebhook } from "./send-webhook.ts";

const NOON = Date.UTC(2026, 10, 20, 12);
const SECRET = "correct-horse-battery-staple";
const id = "INC-2026-0001";

let testDatabase: TestDatabase;
let clock: Clock & { advance(ms: number): void };
let ctx: NotifyContext;
let notes: TimelineNote[];
let secrets: Record<string, string>;
let closers: (() => Promise<void>)[];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.close();
});
beforeEach(async () => {
  await testDatabase.database.pool.query("truncate incidents, incident_clocks, deliveries, audit_log cascade");
  await testDatabase.database.pool.query("delete from graphile_worker._private_jobs");
  clock = createManualClock(NOON);
  notes = [];
  closers = [];
  secrets = { OPS_SECRET: SECRET };
  await insertIncident();
});
afterEach(async () => {
  for (const close of closers) await close();
});

async function insertIncident(): Promise<void> {
  const time = new Date(NOON);
  await testDatabase.database.kysely
    .insertInto("incidents")
    .values({
      id,
      title: "Command burst ünïcode",
      type: "agent_runaway",
      severity: 1,
      severity_label: "SEV-1",
      state: "detected",
      profile: "ai-empire",
      agent_id: "scout",
      pack: "research",
      session_id: null,
      commander: null,
      summary: null,
      root_cause: null,
      began_at: time,
      detected_at: time,
      trip_to_stop_ms: null,
      opened_at: time,
      updated_at: time,
    })
    .execute();
}

async function resolveAt(time: number): Promise<void> {
  await testDatabase.database.kysely
    .updateTable("incidents")
    .set({ state: "resolved", resolved_at: new Date(time) })
    .where("id", "=", id)
    .execute();
}

async function useChannels(channels: Channel[]): Promise<void> {
  const profilesDir = fileURLToPath(new URL("../../../../profiles", import.meta.url));
  const shipped = requireProfile(await loadProfile({ home: "/nonexistent", profilesDir, name: "ai-empire" }));
  expect(checkTemplates(shipped.templates)).toEqual([]);
  ctx = {
    database: testDatabase.database,
    clock,
    newId: createNewId(() => clock.now()),
    logger: silentLogger,
    actor: { kind: "daemon", id: "notify", name: "notify" },
    profile: { ...shipped, channels },
    consoleUrl: "https://fire.example.org",
    readSecret: (name) => Promise.resolve(secrets[name]),
    makeAnswerLink: (approvalId, person) =>
      Promise.resolve({
        url: `https://fire.example.org/${person === null ? "approvals" : `answer#${approvalId}`}`,
        person,
      }),
    recordTimeline: (_trx, note) => Promise.resolve(notes.push(note)),
  };
}

async function withReceiver(options: WebhookReceiverOptions = {}): Promise<WebhookReceiver> {
  const receiver = await startWebhookReceiver({ secret: SECRET, now: () => clock.now(), ...options });
  closers.push(() => receiver.close());
  await useChannels([{ name: "ops", kind: "webhook", url: receiver.url, secretEnv: "OPS_SECRET" }]);
  return receiver;
}

async function withSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const sink = await startSmtpSink(options);
  closers.push(() => sink.close());
  const signIn =
    options.credentials === undefined ? {} : { user: options.credentials.user, passwordEnv: "SMTP_PASSWORD" };
  await useChannels([
    { name: "owner", kind: "email", smtpUrl: sink.url, from: "fire@example.org", to: ["owner@example.org"], ...signIn },
  ]);
  return sink;
}

const request = (template: "initial" | "contained" | "resolved" = "initial", key?: string) =>
  testDatabase.database.kysely
    .transaction()
    .execute((trx) =>
      requestNotifications(trx, ctx, { incidentId: id, template, ...(key === undefined ? {} : { key }) }),
    );

async function requestOne(): Promise<string> {
  const [deliveryId] = await request();
  if (deliveryId === undefined) throw new Error("no delivery was requested");
  return deliveryId;
}

const only = async () => (await listDeliveries(ctx, { incident: id })).items[0];

test("M-1: a webhook is delivered signed, once for an incident, template and channel, and its receipt is kept", async () => {
  const receiver = await withReceiver();
  const deliveryId = await requestOne();
  expect(await request()).toEqual([]);
  expect(await deliver(ctx, deliveryId)).toBe("delivered");
  const message = await receiver.expect({ incidentId: id, template: "initial", deliveryId });
  expect(message.subject).toBe("[SEV-1] INC-2026-0001 opened: Command burst ünïcode");
  expect(message.text).toContain("https://fire.example.org/incidents/INC-2026-0001");
  expect(await deliver(ctx, deliveryId)).toBe("delivered");
  expect(receiver.requests).toBe(1);
  expect(await only()).toMatchObject({
    state: "delivered",
    attempts: 1,
    receipt: "HTTP 204 No Content",
    lastError: null,
  });
  expect(notes.map((note) => note.key)).toEqual([`delivery:${deliveryId}:delivered`]);
});

test("M-1: a receiver that fails is tried again at growing distances with the same key and body", async () => {
  const receiver = await withReceiver({ failFirst: 3 });
  const deliveryId = await requestOne();
  expect(await deliver(ctx, deliveryId)).toBe("retry");
  expect(await only()).toMatchObject({
    state: "pending",
    attempts: 1,
    lastError: "The receiver answered HTTP 503 Service Unavailable.",
  });
  const attemptsAt: number[] = [];
  for (let second = 0; second < 30 && receiver.received.length === 0; second++) {
    clock.advance(1000);
    if ((await retryDueDeliveries(ctx)) > 0) attemptsAt.push(clock.now() - NOON);
  }
  expect(attemptsAt).toEqual([2000, 7000, 22_000]);
  await receiver.expect({ deliveryId });
  expect(new Set(receiver.keys)).toEqual(new Set([deliveryId]));
  expect(notes.map((note) => note.key.split(":").at(-1))).toEqual(["retry", "retry", "retry", "delivered"]);
});

test("M-1: a refusal is final until a person retries", async () => {
  const receiver = await withReceiver({ failFirst: 1, failStatus: 404 });
  const deliveryId = await requestOne();
  expect(await deliver(ctx, deliveryId)).toBe("failed");
  clock.advance(24 * 3_600_000);
  expect(await retryDueDeliveries(ctx)).toBe(0);
  expect(await countFailedDeliveries(ctx)).toBe(1);
  await retryDelivery(ctx, deliveryId);
  expect(await retryDueDeliveries(ctx)).toBe(1);
  await receiver.expect({ deliveryId });
  await expect(retryDelivery(ctx, deliveryId)).rejects.toMatchObject({ code: "conflict" });
  await expect(retryDelivery(ctx, "dlv_nothing")).rejects.toMatchObject({ code: "not_found" });
});

test("M-1: nobody answering is tried ten times over hours, then given up and shown", async () => {
  const receiver = await startWebhookReceiver();
  await receiver.close();
  await useChannels([{ name: "ops", kind: "webhook", url: receiver.url }]);
  const deliveryId = await requestOne();
  let attempts = 0;
  while ((await only())?.state === "pending" && attempts < 50) {
    attempts += await retryDueDeliveries(ctx);
    clock.advance(7_200_000);
  }
  expect(attempts).toBe(10);
  expect(await only()).toMatchObject({
    state: "failed",
    lastError: expect.stringMatching(/Given up after 10 attempts.*ECONNREFUSED/),
  });
  expect(await deliver(ctx, deliveryId)).toBe("failed");
});

test("M-1: a crash between sending and recording sends again with the same key, not before", async () => {
  const receiver = await withReceiver();
  const deliveryId = await requestOne();
  const crashed = { ...ctx, readSecret: () => Promise.reject(new Error("the process died")) };
  await expect(deliver(crashed, deliveryId)).rejects.toThrow("died");
  expect((await only())?.state).toBe("sending");
  expect(await deliver(ctx, deliveryId)).toBe("retry");
  expect(receiver.requests).toBe(0);
  clock.advance(25_000);
  expect(await retryDueDeliveries(ctx)).toBe(1);
  expect((await receiver.expect({ deliveryId })).attempt).toBe(2);
});

test("M-1: of many workers at once exactly one sends", async () => {
  const receiver = await withReceiver();
  const deliveryId = await requestOne();
  await Promise.all(Array.from({ length: 8 }, () => deliver(ctx, deliveryId)));
  await receiver.expect({ deliveryId });
  expect(receiver.requests).toBe(1);
});

test("M-1: mail goes out with a Message-ID that every attempt shares", async () => {
  const sink = await withSink({ failFirst: 1 });
  const deliveryId = await requestOne();
  expect(await deliver(ctx, deliveryId)).toBe("retry");
  clock.advance(2000);
  await retryDueDeliveries(ctx);
  const mail = await sink.expect({ to: "owner@example.org", subject: /INC-2026-0001 opened: Command burst ünïcode/ });
  expect(mail.text).toContain("Agent: scout");
  expect(sink.attempts).toEqual([mail.messageId, mail.messageId]);
  expect(mail.messageId).toBe(`<${deliveryId.toLowerCase()}@example.org>`);
  expect(await only()).toMatchObject({ state: "delivered", receipt: expect.stringMatching(/^250/) });
});

test("M-1: a missing secret waits, a wrong one fails, and neither shows the secret anywhere", async () => {
  const sink = await withSink({ credentials: { user: "fire", password: "right-password" } });
  const deliveryId = await requestOne();
  expect(await deliver(ctx, deliveryId)).toBe("retry");
  expect((await only())?.lastError).toContain("SMTP_PASSWORD is not set");
  secrets["SMTP_PASSWORD"] = "wrong-password";
  clock.advance(2000);
  expect(await deliver(ctx, deliveryId)).toBe("failed");
  secrets["SMTP_PASSWORD"] = "right-password";
  await retryDelivery(ctx, deliveryId);
  expect(await deliver(ctx, deliveryId)).toBe("delivered");
  expect((await sink.expect({})).user).toBe("fire");
  const { rows } = await testDatabase.database.pool.query("select row_to_json(d)::text as row from deliveries d");
  expect(JSON.stringify([rows, notes])).not.toMatch(/right-password|wrong-password/);
});

test("M-1: only the channels that the profile routes a severity and template to are told", async () => {
  await withReceiver();
  const [ops] = ctx.profile.channels;
  if (ops === undefined) throw new Error("no channel");
  const channels = [ops, { ...ops, name: "quiet" }, { ...ops, name: "later" }];
  const notifications = [
    { channel: "ops", severities: [1, 2], templates: ["initial"] },
    { channel: "quiet", severities: [3], templates: ["initial"] },
    { channel: "later", severities: [1], templates: ["resolved"] },
  ] satisfies NotifyContext["profile"]["notifications"];
  ctx = { ...ctx, profile: { ...ctx.profile, channels, notifications } };
  await request("initial");
  expect(await request("resolved")).toEqual([]);
  await resolveAt(NOON + 1000);
  await request("resolved");
  await request("resolved");
  await resolveAt(NOON + 2000);
  await request("resolved");
  const told = (await listDeliveries(ctx)).items.map((delivery) => `${delivery.channel} ${delivery.template}`);
  expect(told.toSorted()).toEqual(["later resolved", "later resolved", "ops initial"]);
  const first = await listDeliveries(ctx, { limit: 2 });
  const second = await listDeliveries(ctx, { limit: 2, after: first.next ?? undefined });
  expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null]);
});

test("M-1: a receiver that accepts the connection and says nothing is given up in time and tried again", async () => {
  const silent = createServer();
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
  const message = { deliveryId: "dlv_x", attempt: 1, template: "initial", subject: "s", text: "t", incident: {} };
  const result = await sendWebhook({ url, secret: undefined }, message, NOON, 50);
  expect(result).toEqual({ kind: "retry", error: expect.stringContaining("no answer within 0.05 s") });
  silent.close();
});

test.each([
  [204, "delivered"],
  [302, "failed"],
  [400, "failed"],
  [410, "failed"],
  [408, "retry"],
  [429, "retry"],
  [500, "retry"],
  [503, "retry"],
])("M-1: HTTP %i means %s", (status, kind) => {
  expect(judgeResponse(status, "x").kind).toBe(kind);
});

test("C-7: a question goes to the routes that carry questions, with a link that is kept nowhere", async () => {
  const receiver = await startWebhookReceiver({ secret: SECRET, now: () => clock.now() });
  closers.push(() => receiver.close());
  const hook = { kind: "webhook", url: receiver.url, secretEnv: "OPS_SECRET" } as const;
  await useChannels([
    { ...hook, name: "ada", person: "ada" },
    { ...hook, name: "room" },
  ]);
  const question = {
    id: "apr_1",
    title: "Kill scout\u001b[2J",
    reason: "it sends keys away",
    askedBy: "exfiltration",
    preview: ["scout: 3 processes end"],
    incidentId: null,
    severity: null,
    expiresAt: "2026-11-20T12:10:00.000Z",
    again: false,
  };
  const ask = () => inTransaction(ctx.database, (trx) => requestQuestionNotifications(trx, ctx, question));
  const ids = await ask();
  expect(ids).toHaveLength(2);
  expect(await ask()).toEqual([]);
  const againIds = await inTransaction(ctx.database, (trx) =>
    requestQuestionNotifications(trx, ctx, { ...question, again: true }),
  );
  expect(againIds).toHaveLength(2);
  for (const one of ids) expect(await deliver(ctx, one)).toBe("delivered");
  const [own, shared] = [
    await receiver.expect({ deliveryId: ids[0] ?? "" }),
    await receiver.expect({ deliveryId: ids[1] ?? "" }),
  ];
  expect(own.text).toContain(
    "Answer it as ada, by this link, which is yours alone: https://fire.example.org/answer#apr_1",
  );
  expect(shared.text).toContain("Answer it after signing in: https://fire.example.org/approvals");
  expect(own.subject).toBe("Answer needed: Kill scout [2J");
  const { rows } = await testDatabase.database.pool.query("select body::text from deliveries");
  expect(JSON.stringify(rows)).not.toContain("answer#");
});
