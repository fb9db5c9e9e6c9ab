import type { Role } from "@firebreak/protocol";
import { ROLES } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createSenderBench } from "./testing.ts";

let bench: Awaited<ReturnType<typeof createSenderBench>>;
let key: string;
let otherKey: string;

beforeAll(async () => {
  bench = await createSenderBench({
    authenticate: async ({ bearer }) => {
      const role = ROLES.find((one) => bearer === `fbk_${one}`);
      if (role === undefined) return null;
      const actor = { kind: "token", id: `tok_${role}`, name: role } as const;
      return { actor, access: role, agentId: null, sessionId: null, webSessionId: null };
    },
  });
  key = await bench.addSource({ name: "prom", kind: "alertmanager" });
  otherKey = await bench.addSource({ name: "other", kind: "alertmanager" });
});
afterAll(() => bench.close());
beforeEach(() => bench.database.pool.query("truncate alerts, silences cascade"));

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const as = (role: Role) => bearer(`fbk_${role}`);
const post = (alerts: unknown, from = key) =>
  bench.send("alertmanagerPostAlerts", { headers: bearer(from), content: alerts });
const list = z.array(z.looseObject({ fingerprint: z.string(), labels: z.record(z.string(), z.string()) }));

async function get(query: string, headers = as("viewer")) {
  const answer = await bench.send("alertmanagerGetAlerts", { headers, query: new URLSearchParams(query) });
  expect(answer.status).toBe(200);
  return list.parse(answer.body);
}

const web = { labels: { alertname: "Slow", instance: "web-1", severity: "warning" }, annotations: { summary: "s" } };
const db = { labels: { alertname: "Full", instance: "db-1" }, generatorURL: "http://prom.test/g" };

describe("D-8: Alertmanager's API v2", () => {
  test("posted alerts are listed as Alertmanager lists them, until they end", async () => {
    expect(await post([web, db])).toEqual({ status: 200 });
    const [first] = await get(`filter=${encodeURIComponent('alertname="Full"')}`);
    expect(first).toMatchObject({
      labels: db.labels,
      annotations: {},
      startsAt: expect.any(String),
      endsAt: expect.any(String),
      updatedAt: expect.any(String),
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      generatorURL: db.generatorURL,
      receivers: [{ name: "firebreak" }],
      status: { silencedBy: [], inhibitedBy: [] },
    });
    await post([{ ...db, endsAt: new Date(bench.clock.now() - 1_000).toISOString() }]);
    expect((await get("")).map(({ labels }) => labels["alertname"])).toEqual(["Slow"]);
  });

  test("what is valid of a post is kept, what is not is named and on the list of refusals", async () => {
    expect(await post([web, { labels: {} }])).toEqual({
      status: 400,
      body: "alerts[1]: at least one label pair required",
    });
    expect(await get("")).toHaveLength(1);
    expect(await post({})).toEqual({ status: 400, body: "the body must be an array of alerts" });
  });

  test.each([
    ['alertname="Slow"', ["Slow"]],
    ['instance=~"(web|db)-.*"', ["Full", "Slow"]],
    ['instance!~"web.*"', ["Full"]],
    ['severity!="warning"', ["Full"]],
  ])("the filter %s", async (filter, names) => {
    await post([web, db]);
    const found = await get(`filter=${encodeURIComponent(filter)}`);
    expect(new Set(found.map(({ labels }) => labels["alertname"]))).toEqual(new Set(names));
  });

  test("filters that are none, and receivers", async () => {
    const ask = (query: string) =>
      bench.send("alertmanagerGetAlerts", { headers: as("viewer"), query: new URLSearchParams(query) });
    expect(await ask("filter=%7Bnonsense")).toMatchObject({
      status: 400,
      body: expect.stringContaining("bad matcher"),
    });
    expect(await ask(`filter=${encodeURIComponent('a=~"("')}`)).toMatchObject({ status: 400 });
    expect(await ask("receiver=%28")).toMatchObject({ status: 400 });
    await post([web]);
    expect(await get("receiver=fire.*")).toHaveLength(1);
    expect(await get("receiver=other")).toEqual([]);
  });

  test("a source sees its own alerts, an API token all; nobody else sees any", async () => {
    await post([web]);
    await post([db], otherKey);
    expect(await get("", bearer(key))).toMatchObject([{ labels: web.labels }]);
    expect(await get("")).toHaveLength(2);
    expect(await bench.send("alertmanagerGetAlerts", {})).toMatchObject({ status: 401 });
    expect(await bench.send("alertmanagerGetAlerts", { headers: bearer("fbk_nobody") })).toMatchObject({ status: 401 });
  });

  test("groups by the alert's name", async () => {
    await post([web, db, { labels: { ...web.labels, instance: "web-2" } }]);
    const answer = await bench.send("alertmanagerGetAlertGroups", { headers: as("viewer") });
    expect(answer.body).toMatchObject([
      { labels: { alertname: "Full" }, receiver: { name: "firebreak" }, alerts: [{}] },
      { labels: { alertname: "Slow" }, alerts: [{}, {}] },
    ]);
  });
});

describe("D-8: silences by Alertmanager's API", () => {
  const hour = () => new Date(bench.clock.now() + 3_600_000).toISOString();
  const silence = (more: Record<string, unknown> = {}) => ({
    matchers: [{ name: "alertname", value: "Slow", isRegex: false }],
    startsAt: new Date(bench.clock.now()).toISOString(),
    endsAt: hour(),
    createdBy: "ada",
    comment: "being mended",
    ...more,
  });
  const add = (content: unknown, headers = as("responder")) =>
    bench.send("alertmanagerPostSilence", { headers, content });
  const idOf = (answer: { body?: unknown }) => z.object({ silenceID: z.string() }).parse(answer.body).silenceID;
  const one = (operation: string, id: string, headers = as("responder")) =>
    bench.send(operation, { headers, params: { id } });

  test("add, see, change and end one; its alerts are suppressed meanwhile", async () => {
    await post([web, db]);
    const id = idOf(await add(silence()));
    expect(await one("alertmanagerGetSilence", id)).toMatchObject({
      status: 200,
      body: {
        id,
        status: { state: "active" },
        matchers: [{ name: "alertname", value: "Slow", isRegex: false, isEqual: true }],
        createdBy: "ada",
        comment: "being mended",
      },
    });
    expect(await get("silenced=false")).toMatchObject([{ labels: db.labels }]);
    expect(await get("active=false&unprocessed=false")).toMatchObject([
      { labels: web.labels, status: { state: "suppressed", silencedBy: [id] } },
    ]);
    const next = idOf(await add(silence({ id, comment: "still being mended" })));
    const { body } = await bench.send("alertmanagerGetSilences", { headers: as("viewer") });
    expect(body).toMatchObject([
      { id: next, status: { state: "active" } },
      { id, status: { state: "expired" } },
    ]);
    expect(await one("alertmanagerDeleteSilence", next)).toEqual({ status: 200 });
    expect(await get("silenced=false")).toHaveLength(2);
  });

  test("filters ask about the silence's own matchers", async () => {
    await add(silence());
    const ask = (filter: string) =>
      bench.send("alertmanagerGetSilences", { headers: as("viewer"), query: new URLSearchParams({ filter }) });
    expect((await ask('alertname="Slow"')).body).toHaveLength(1);
    expect((await ask('alertname="Full"')).body).toEqual([]);
  });

  test("what is wrong is 400, what is not there 404; the role is asked", async () => {
    expect(await add(silence({ endsAt: "2020-01-01T00:00:00Z" }))).toMatchObject({ status: 400 });
    expect(await add(silence({ matchers: [] }))).toMatchObject({ status: 400 });
    const broken = [...silence().matchers, "instance"];
    expect(await add(silence({ matchers: broken })), "it would mute more than was asked").toMatchObject({
      status: 400,
    });
    const everything = [{ name: "alertname", value: ".*", isRegex: true }];
    expect(await add(silence({ matchers: everything }))).toMatchObject({ status: 400, body: expect.any(String) });
    expect(await add({})).toMatchObject({ status: 400 });
    expect(await one("alertmanagerGetSilence", "sil_none")).toMatchObject({ status: 404 });
    expect(await add(silence(), as("viewer"))).toMatchObject({ status: 403 });
    expect(await add(silence(), bearer(key))).toMatchObject({ status: 401 });
    expect(await one("alertmanagerDeleteSilence", "sil_none", as("viewer"))).toMatchObject({ status: 403 });
    expect(await bench.send("alertmanagerGetSilences", {})).toMatchObject({ status: 401 });
  });
});
