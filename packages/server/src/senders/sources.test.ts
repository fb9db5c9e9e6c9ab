import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeSource, getSource, listRefusals, listSources, removeSource, rotateSource, testSource } from "./index.ts";
import { createSenderBench } from "./testing.ts";

let bench: Awaited<ReturnType<typeof createSenderBench>>;

beforeAll(async () => {
  bench = await createSenderBench({ readSecret: async (name) => SECRETS.get(name) });
});
afterAll(() => bench.close());

const SECRET = "a shared secret";
const SECRET_2 = "another shared secret";
const SECRETS = new Map([
  ["CI_SECRET", SECRET],
  ["CI_SECRET_2", SECRET_2],
]);
const group = { alerts: [{ status: "firing", labels: { alertname: "X" }, fingerprint: "aaaaaaaaaaaaaaaa" }] };
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const hook = (name: string, headers: Record<string, string>, query = "", content: unknown = group) =>
  bench.send("receiveHook", { params: { name }, headers, query: new URLSearchParams(query), content });

describe("D-8: sources", () => {
  test("the key has 32 letters and digits and is kept only as a hash; the lines to paste hold it", async () => {
    const key = await bench.addSource({ name: "keys", kind: "alertmanager" });
    expect(key).toMatch(/^fbs[0-9a-z]{29}$/);
    const { rows } = await bench.database.pool.query("select row_to_json(s)::text as text from sources s");
    expect(JSON.stringify(rows)).not.toContain(key);
    const { rows: audit } = await bench.database.pool.query("select leaf from audit_log where target = 'keys'");
    expect(audit).toHaveLength(1);
    expect(JSON.stringify(audit)).not.toContain(key);
    const shown = await getSource(bench.ctx, "keys", "https://firebreak.test");
    expect(shown.setup).toContain("url: https://firebreak.test/hooks/keys");
    expect(JSON.stringify(shown)).not.toContain(key);
  });

  test("a name is taken once", async () => {
    await bench.addSource({ name: "once", kind: "opsgenie" });
    await expect(bench.addSource({ name: "once", kind: "opsgenie" })).rejects.toMatchObject({ code: "conflict" });
  });

  test("a key is taken as bearer, as the password of basic, and in the address; no other way, and no other key", async () => {
    const key = await bench.addSource({ name: "ways", kind: "alertmanager" });
    const basic = `Basic ${Buffer.from(`prometheus:${key}`).toString("base64")}`;
    expect(await hook("ways", bearer(key))).toMatchObject({ status: 200, body: { accepted: 1 } });
    expect(await hook("ways", { authorization: basic })).toMatchObject({ status: 200 });
    expect(await hook("ways", {}, `key=${key}`)).toMatchObject({ status: 200 });
    for (const headers of [{}, bearer(`${key.slice(0, -1)}!`), { authorization: key }, { "x-key": key }]) {
      expect(await hook("ways", headers)).toMatchObject({ status: 401 });
    }
    const other = await bench.addSource({ name: "other", kind: "alertmanager" });
    expect(await hook("ways", bearer(other))).toMatchObject({ status: 401 });
  });

  test("after too many wrong keys the wrong ones wait, with an answer that makes senders repeat; the right one works", async () => {
    const key = await bench.addSource({ name: "busy", kind: "alertmanager" });
    const send = (headers: Record<string, string>) =>
      bench.send("receiveHook", { params: { name: "busy" }, headers, content: group, address: "198.51.100.7" });
    const statuses = new Set<number>();
    for (let attempt = 0; attempt < 60; attempt += 1) statuses.add((await send(bearer("wrong"))).status);
    expect([...statuses]).toEqual([401, 503]);
    expect(await send(bearer(key))).toMatchObject({ status: 200 });
  });

  test("a new key works at once, the old one for the overlap and no longer; without an overlap not at all", async () => {
    const old = await bench.addSource({ name: "turning", kind: "grafana" });
    const { key } = await rotateSource(bench.ctx, "turning", { overlapHours: 1 }, "https://x.test");
    expect(await hook("turning", bearer(old))).toMatchObject({ status: 200 });
    expect(await hook("turning", bearer(key))).toMatchObject({ status: 200 });
    bench.clock.advance(3_600_000);
    expect(await hook("turning", bearer(old))).toMatchObject({ status: 401 });
    const next = await rotateSource(bench.ctx, "turning", { overlapHours: 0 }, "https://x.test");
    expect(await hook("turning", bearer(key))).toMatchObject({ status: 401 });
    expect(await hook("turning", bearer(next.key))).toMatchObject({ status: 200 });
  });

  test("a new name keeps the old address for the overlap, and the open alerts with their sender", async () => {
    const key = await bench.addSource({ name: "before", kind: "alertmanager" });
    await hook("before", bearer(key));
    const { source, setup } = await changeSource(
      bench.ctx,
      "before",
      { name: "after", overlapHours: 1 },
      "https://x.test",
    );
    expect(source).toMatchObject({ name: "after", previousName: "before", previousNameUntil: expect.any(String) });
    expect(setup).toContain("https://x.test/hooks/after");
    expect(await hook("before", bearer(key))).toMatchObject({ status: 200 });
    expect(await hook("after", bearer(key))).toMatchObject({ status: 200 });
    const own = (await bench.alerts()).filter((alert) => alert.source === "after");
    expect(own).toMatchObject([{ occurrences: 3, status: "open" }]);
    await expect(bench.addSource({ name: "after", kind: "opsgenie" })).rejects.toMatchObject({ code: "conflict" });
    await bench.addSource({ name: "third", kind: "opsgenie" });
    const taken = changeSource(bench.ctx, "third", { name: "before" }, "https://x.test");
    await expect(taken).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("until a while ago"),
    });
    await expect(bench.addSource({ name: "before", kind: "opsgenie" })).rejects.toMatchObject({ code: "conflict" });
    bench.clock.advance(3_600_000);
    expect(await hook("before", bearer(key))).toMatchObject({ status: 401 });
    expect(await hook("after", bearer(key))).toMatchObject({ status: 200 });
    await expect(changeSource(bench.ctx, "before", { strict: true }, "")).rejects.toMatchObject({ code: "not_found" });
  });

  test("a name under which an earlier source's alerts are open is refused, and nothing is changed", async () => {
    const old = await bench.addSource({ name: "earlier", kind: "alertmanager" });
    await hook("earlier", bearer(old));
    await removeSource(bench.ctx, "earlier");
    const key = await bench.addSource({ name: "later", kind: "alertmanager" });
    await hook("later", bearer(key));
    const renamed = changeSource(bench.ctx, "later", { name: "earlier" }, "https://x.test");
    await expect(renamed).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("Resolve it") });
    expect(await hook("later", bearer(key))).toMatchObject({ status: 200 });
  });

  test("how messages are proved is changed without a gap: key, signature, another secret, and back", async () => {
    const key = await bench.addSource({ name: "proof", kind: "alertmanager" });
    const change = (signature: { preset: "github"; secret: string } | null) =>
      changeSource(bench.ctx, "proof", { signature, overlapHours: 1 }, "https://x.test");
    const body = Buffer.from(JSON.stringify(group));
    const signed = (secret: string) => ({
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    });
    const send = (headers: Record<string, string>) =>
      bench.send("receiveHook", { params: { name: "proof" }, headers, body });
    await change({ preset: "github", secret: "CI_SECRET" });
    expect([(await send(bearer(key))).status, (await send(signed(SECRET))).status]).toEqual([200, 200]);
    await change({ preset: "github", secret: "CI_SECRET_2" });
    expect([(await send(signed(SECRET))).status, (await send(signed(SECRET_2))).status]).toEqual([200, 200]);
    expect((await send(bearer(key))).status).toBe(401);
    bench.clock.advance(3_600_000);
    expect([(await send(signed(SECRET))).status, (await send(signed(SECRET_2))).status]).toEqual([401, 200]);
    await change({ preset: "github", secret: "NOT_SET" });
    expect([(await send(signed(SECRET_2))).status, (await send(signed("other"))).status]).toEqual([200, 500]);
    await change(null);
    expect((await send(bearer(key))).status).toBe(200);
  });

  test("a change says in the audit log what was and what is, with the names of secrets alone; nothing is changed by halves", async () => {
    await bench.addSource({ name: "changed", kind: "webhook", strict: true });
    const template = { title: "{/a}", key: "{/b}" };
    await changeSource(bench.ctx, "changed", { strict: false, template, severities: { page: 1 } }, "https://x.test");
    const { rows } = await bench.database.pool.query<{ leaf: string }>(
      "select leaf from audit_log where action = 'source.change' and target = 'changed'",
    );
    expect(rows.map(({ leaf }): unknown => JSON.parse(leaf))).toMatchObject([
      {
        detail: {
          from: { strict: true, template: null, severities: {} },
          to: { strict: false, template, severities: { page: 1 } },
        },
      },
    ]);
    await bench.addSource({ name: "pager", kind: "pagerduty" });
    for (const request of [
      { name: "pager-2", template },
      { signature: { preset: "github", secret: "CI_SECRET" } as const },
    ]) {
      await expect(changeSource(bench.ctx, "pager", request, "")).rejects.toMatchObject({ code: "invalid_body" });
    }
    await expect(changeSource(bench.ctx, "pager", {}, "")).rejects.toThrow("at least one thing");
    expect((await getSource(bench.ctx, "pager", "https://x.test")).source.name).toBe("pager");
  });

  test("a source that was removed is let in no more", async () => {
    const key = await bench.addSource({ name: "gone", kind: "webhook" });
    await removeSource(bench.ctx, "gone");
    expect(await hook("gone", bearer(key))).toMatchObject({ status: 401 });
    await expect(removeSource(bench.ctx, "gone")).rejects.toMatchObject({ code: "not_found" });
  });

  test("health: last heard, accepted, refused with the reasons", async () => {
    const key = await bench.addSource({ name: "health", kind: "webhook" });
    await hook("health", bearer(key), "", { title: "It burns", key: "1" });
    expect(await hook("health", bearer(key), "", { key: "1" })).toMatchObject({ status: 400 });
    const broken = { params: { name: "health" }, headers: bearer(key), body: Buffer.from('{"title":') };
    expect(await bench.send("receiveHook", broken)).toMatchObject({ status: 400 });
    const shown = await getSource(bench.ctx, "health", "https://x.test");
    const lastHeardAt = new Date(bench.clock.now()).toISOString();
    expect(shown.source).toMatchObject({ accepted: 1, refused: 2, lastHeardAt });
    expect(shown.refusals).toMatchObject([
      { source: "health", reason: expect.stringContaining("it ends too early") },
      { source: "health", reason: expect.stringContaining("the title is empty") },
    ]);
    expect((await listSources(bench.ctx)).map(({ name }) => name)).toContain("health");
  });

  test("a body can be tried out; nothing is kept", async () => {
    await bench.addSource({ name: "trial", kind: "pagerduty" });
    const payload = { summary: "s", source: "x", severity: "odd" };
    const before = await bench.alerts();
    expect(await testSource(bench.ctx, "trial", { event_action: "trigger", dedup_key: "k", payload })).toMatchObject({
      alerts: [{ key: "k", action: "trigger", severity: 2, notes: [expect.stringContaining("odd")] }],
      errors: [],
    });
    expect(await testSource(bench.ctx, "trial", {})).toMatchObject({ alerts: [], errors: [expect.any(String)] });
    expect(await bench.alerts()).toHaveLength(before.length);
  });
});

describe("D-8: signatures", () => {
  const body = JSON.stringify({ title: "Build failed", key: "build" });
  const sign = (text: string) => createHmac("sha256", SECRET).update(text).digest();
  const send = (name: string, headers: Record<string, string>) =>
    bench.send("receiveHook", { params: { name }, headers, body: Buffer.from(body) });
  const seconds = () => String(Math.floor(bench.clock.now() / 1_000));

  test.each([
    ["github", () => ({ "x-hub-signature-256": `sha256=${sign(body).toString("hex")}` })],
    [
      "firebreak",
      () => ({
        "x-firebreak-timestamp": seconds(),
        "x-firebreak-signature": `sha256=${sign(`${seconds()}.${body}`).toString("hex")}`,
      }),
    ],
    [
      "slack",
      () => ({
        "x-slack-request-timestamp": seconds(),
        "x-slack-signature": `v0=${sign(`v0:${seconds()}:${body}`).toString("hex")}`,
      }),
    ],
    [
      "standard",
      () => ({
        "webhook-id": "msg_1",
        "webhook-timestamp": seconds(),
        "webhook-signature": `v1,AAAA v1,${sign(`msg_1.${seconds()}.${body}`).toString("base64")}`,
      }),
    ],
  ])("%s: the right one is taken; a wrong, an old or no signature is not", async (preset, headers) => {
    await bench.addSource({ name: `signed-${preset}`, kind: "webhook", signature: { preset, secret: "CI_SECRET" } });
    const right = headers();
    expect(await send(`signed-${preset}`, right)).toMatchObject({ status: 200 });
    expect(await send(`signed-${preset}`, {})).toMatchObject({ status: 401 });
    const wrong = Object.fromEntries(
      Object.entries(right).map(([name, value]) => [name, value.replace(/.{6}$/, "000000")]),
    );
    expect(await send(`signed-${preset}`, wrong)).toMatchObject({ status: 401 });
    bench.clock.advance(301_000);
    expect(await send(`signed-${preset}`, right)).toMatchObject({ status: preset === "github" ? 200 : 401 });
  });

  test("a secret that is not set is a fault of ours: the sender sends again", async () => {
    await bench.addSource({ name: "unset", kind: "webhook", signature: { preset: "github", secret: "NOT_SET" } });
    expect(await send("unset", { "x-hub-signature-256": "sha256=00" })).toMatchObject({ status: 500 });
  });

  test("the reasons are on the list of refusals", async () => {
    const { items } = await listRefusals(bench.ctx, { source: "signed-github", limit: 10 });
    expect(items.map(({ reason }) => reason)).toContain("the header x-hub-signature-256 is missing");
  });
});

test("D-8: the list of refusals keeps the newest thousand", async () => {
  await bench.database.pool.query(
    "insert into refused_messages (at, endpoint, reason, summary) select now(), 'e', 'r', 's' from generate_series(1, 1500)",
  );
  await hook("nobody", bearer("wrong"));
  const { rows } = await bench.database.pool.query("select count(*)::int as n from refused_messages");
  expect(rows).toEqual([{ n: 1_000 }]);
});

test("D-8: Opsgenie: create, acknowledge, close; the same alias while open is one alert; unknown ones are taken", async () => {
  const key = await bench.addSource({ name: "ops", kind: "opsgenie" });
  const headers = { authorization: `GenieKey ${key}` };
  const accepted = { status: 202, body: { result: "Request will be processed", requestId: expect.any(String) } };
  const create = (content: unknown) => bench.send("opsgenieCreateAlert", { headers, content });
  const alert = { message: "M".repeat(200), alias: "a", priority: "P1", details: { team: "db" }, tags: ["x", "y"] };
  expect(await create(alert)).toMatchObject(accepted);
  expect(await create(alert)).toMatchObject(accepted);
  const params = { alias: "a" };
  expect(await bench.send("opsgenieAcknowledgeAlert", { headers, params, content: {} })).toMatchObject(accepted);
  const mine = async () => (await bench.alerts()).filter(({ source }) => source === "ops");
  expect(await mine()).toMatchObject([
    { occurrences: 2, severity: 1, labels: { team: "db", tags: "x,y" }, status: "open" },
  ]);
  expect((await mine())[0]?.title).toHaveLength(130);
  expect((await mine())[0]?.acknowledged_at).not.toBeNull();
  const say = (operation: string, content: unknown, alias = "a") =>
    bench.send(operation, { headers, params: { alias }, content });
  expect(await say("opsgenieUpdateMessage", { message: "Worse" })).toMatchObject(accepted);
  expect(await say("opsgenieUpdateDescription", { description: "much worse" })).toMatchObject(accepted);
  expect(await say("opsgenieUpdateMessage", { message: "Nothing" }, "none")).toMatchObject(accepted);
  expect(await say("opsgenieUpdateMessage", {})).toMatchObject({ status: 422 });
  expect(await mine()).toMatchObject([{ title: "Worse", sentence: "much worse", occurrences: 2, status: "open" }]);
  expect(await bench.send("opsgenieCloseAlert", { headers, params })).toMatchObject(accepted);
  expect(await say("opsgenieUpdateMessage", { message: "Too late" })).toMatchObject(accepted);
  expect(await bench.send("opsgenieCloseAlert", { headers, params: { alias: "none" } })).toMatchObject(accepted);
  expect(await mine()).toMatchObject([{ title: "Worse", status: "resolved" }]);
  expect(await create({})).toMatchObject({ status: 422, body: { errors: { message: "Message can not be empty." } } });
  expect(await bench.send("opsgenieCreateAlert", { content: alert })).toMatchObject({ status: 401 });
});

test("D-8: CloudEvents: the handshake names whom it allows; a wrong media type is 415", async () => {
  const key = await bench.addSource({ name: "events", kind: "cloudevents" });
  const ask = (name: string) =>
    bench.send("allowCloudEvents", { params: { name }, headers: { "webhook-request-origin": "eventemitter.test" } });
  expect(await ask("events")).toMatchObject({
    status: 200,
    headers: { "webhook-allowed-origin": "eventemitter.test" },
  });
  expect(await ask("ops")).toMatchObject({ status: 404 });
  const event = { specversion: "1.0", id: "1", source: "/x", type: "t" };
  const headers = { ...bearer(key), "content-type": "application/cloudevents+json" };
  expect(await hook("events", headers, "", event)).toMatchObject({ status: 202 });
  expect(await hook("events", { ...headers, "content-type": "text/plain" }, "", event)).toMatchObject({ status: 415 });
});
