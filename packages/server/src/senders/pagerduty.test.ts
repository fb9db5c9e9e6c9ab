import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSenderBench } from "./testing.ts";

let bench: Awaited<ReturnType<typeof createSenderBench>>;
let key: string;

beforeAll(async () => {
  bench = await createSenderBench();
  key = await bench.addSource({ name: "pager", kind: "pagerduty" });
});
afterAll(() => bench.close());
beforeEach(() => bench.database.pool.query("truncate alerts cascade; truncate refused_messages, changes"));

const payload = { summary: "Disk full", source: "web-1", severity: "critical" };
const enqueue = (content: Record<string, unknown>, routingKey: string = key) =>
  bench.send("pagerDutyEnqueue", { content: { routing_key: routingKey, ...content } });
const trigger = (dedup?: string, more: Record<string, unknown> = {}) =>
  enqueue({
    event_action: "trigger",
    payload: { ...payload, ...more },
    ...(dedup === undefined ? {} : { dedup_key: dedup }),
  });
const processed = (dedup: unknown) => ({
  status: 202,
  body: { status: "success", message: "Event processed", dedup_key: dedup },
});

describe("D-8: deduplication as PagerDuty documents it", () => {
  test("1: without a key every trigger is a new alert, and its new key is in the answer", async () => {
    const answers = [await trigger(), await trigger()];
    expect(answers).toEqual([processed(expect.stringMatching(/^[0-9a-f]{32}$/)), processed(expect.any(String))]);
    expect(await bench.alerts()).toMatchObject([{ status: "open" }, { status: "open" }]);
  });

  test("2: a trigger with the key of an open alert joins it, and keeps its acknowledgement", async () => {
    await trigger("a");
    await enqueue({ event_action: "acknowledge", dedup_key: "a" });
    const [acknowledged] = await bench.alerts();
    expect(acknowledged?.acknowledged_at).not.toBeNull();
    expect(await trigger("a", { summary: "Disk fuller" })).toEqual(processed("a"));
    expect(await bench.alerts()).toMatchObject([
      { title: "Disk fuller", occurrences: 2, acknowledged_at: acknowledged?.acknowledged_at },
    ]);
  });

  test("3: after its resolve a key opens a new alert; the old one stays as it was", async () => {
    await trigger("a");
    await enqueue({ event_action: "resolve", dedup_key: "a" });
    await trigger("a");
    expect(await bench.alerts()).toMatchObject([
      { status: "resolved", resolution: "sender", occurrence: 1 },
      { status: "open", occurrence: 2 },
    ]);
  });

  test("4: acknowledge and resolve without an open alert are taken and change nothing", async () => {
    expect(await enqueue({ event_action: "resolve", dedup_key: "none" })).toEqual(processed("none"));
    expect(await enqueue({ event_action: "acknowledge", dedup_key: "none" })).toEqual(processed("none"));
    expect(await bench.alerts()).toEqual([]);
  });

  test("5: the same key under another routing key is another alert", async () => {
    const other = await bench.addSource({ name: "pager-2", kind: "pagerduty" });
    await trigger("a");
    await enqueue({ event_action: "trigger", payload, dedup_key: "a" }, other);
    await enqueue({ event_action: "resolve", dedup_key: "a" }, other);
    expect(await bench.alerts()).toMatchObject([
      { source: "pager", status: "open" },
      { source: "pager-2", status: "resolved" },
    ]);
  });

  test("6: what was answered first counts first; keys differ by case", async () => {
    await trigger("a");
    await trigger("A");
    await enqueue({ event_action: "resolve", dedup_key: "a" });
    expect(await bench.alerts()).toMatchObject([
      { key: "a", status: "resolved" },
      { key: "A", status: "open" },
    ]);
  });
});

describe("D-8: what PagerDuty refuses, in its words", () => {
  const invalid = (...errors: unknown[]) => ({
    status: 400,
    body: { status: "invalid event", message: "Event object is invalid", errors },
  });

  test.each([
    [{ event_action: "trigger", payload: { ...payload, summary: " " } }, "'payload.summary' is missing or blank"],
    [{ event_action: "trigger", payload: { summary: "s" } }, "'payload.source' is missing or blank"],
    [{ event_action: "resolve" }, "'dedup_key' is missing or blank"],
    [{ dedup_key: "k" }, "'event_action' is missing or blank"],
    [{ event_action: "explode" }, expect.stringContaining("'event_action' is invalid")],
    [
      { event_action: "trigger", payload, dedup_key: "k".repeat(256) },
      expect.stringContaining("'dedup_key' is invalid"),
    ],
  ])("%j", async (content, error) => {
    expect(await enqueue(content)).toEqual(invalid(error));
    expect(await bench.database.kysely.selectFrom("refused_messages").select("source").execute()).toEqual([
      { source: "pager" },
    ]);
  });

  test("a body that is no JSON", async () => {
    expect(await bench.send("pagerDutyEnqueue", { body: Buffer.from("{") })).toMatchObject({
      status: 400,
      body: { status: "Unrecognized object", errors: ["JSON parse error", expect.any(String)] },
    });
  });

  test("no key, a malformed one, and one that nobody has: the last stands on the list of refusals, without the key", async () => {
    const unknown = "R0123456789ABCDEFGHIJKLMNOPQRSTU";
    expect(await bench.send("pagerDutyEnqueue", { content: { payload } })).toEqual(
      invalid("'routing_key' is missing or blank"),
    );
    expect(await enqueue({ payload }, "short")).toEqual(
      invalid("Length of 'routing_key' is incorrect (should be 32 characters)"),
    );
    expect(await enqueue({ event_action: "trigger", payload }, unknown)).toMatchObject({ status: 400 });
    const kept = await bench.database.kysely.selectFrom("refused_messages").selectAll().execute();
    expect(kept).toMatchObject([{ source: null, endpoint: "POST /v2/enqueue", summary: "Disk full" }]);
    expect(JSON.stringify(kept)).not.toContain(unknown);
    expect(kept[0]?.reason).toContain("R0…RSTU");
  });

  test("a severity that is not known is error and marked; with strict it is refused", async () => {
    const strict = await bench.addSource({ name: "strict", kind: "pagerduty", strict: true });
    const event = { event_action: "trigger", payload: { ...payload, severity: "" }, dedup_key: "s" };
    expect(await enqueue(event)).toEqual(processed("s"));
    expect(await bench.alerts()).toMatchObject([{ severity: 2, notes: [expect.stringContaining("normalised")] }]);
    expect(await enqueue(event, strict)).toEqual(invalid(expect.stringContaining("'payload.severity' is invalid")));
  });

  test("the key of a source of another kind", async () => {
    const genie = await bench.addSource({ name: "genie", kind: "opsgenie" });
    expect(await enqueue({ event_action: "trigger", payload }, genie)).toMatchObject({ status: 400 });
  });
});

test("D-8: v1 answers with its incident key and shares alerts with v2", async () => {
  const create = (content: Record<string, unknown>) =>
    bench.send("pagerDutyCreateEvent", { content: { service_key: key, ...content } });
  expect(await create({ event_type: "trigger", incident_key: "old", description: "Fire" })).toEqual({
    status: 200,
    body: { status: "success", message: "Event processed", incident_key: "old" },
  });
  await enqueue({ event_action: "resolve", dedup_key: "old" });
  expect(await bench.alerts()).toMatchObject([{ title: "Fire", status: "resolved" }]);
  expect(await create({ event_type: "trigger" })).toMatchObject({
    status: 400,
    body: { errors: ["Description is missing or blank"] },
  });
});

test("D-8: a change opens nothing, and stands in the timeline of incidents that are open", async () => {
  const { database } = bench;
  const incident = (id: string, state: string) =>
    database.pool.query(
      `insert into incidents (id, title, type, severity, severity_label, state, profile, began_at, detected_at, opened_at, updated_at)
       values ($1, 'x', 'other', 2, 'SEV-2', $2, 'p', now(), now(), now(), now())`,
      [id, state],
    );
  await incident("INC-1", "triaged");
  await incident("INC-2", "resolved");
  const change = { summary: "Deployed 4.2", source: "ci", timestamp: "2026-03-01T11:58:00Z" };
  const answer = await bench.send("pagerDutyEnqueueChange", { content: { routing_key: key, payload: change } });
  expect(answer).toMatchObject({ status: 202, body: { status: "success" } });
  expect(await bench.alerts()).toEqual([]);
  const entries = await database.kysely.selectFrom("timeline").select(["incident_id", "text", "at"]).execute();
  expect(entries).toEqual([
    { incident_id: "INC-1", text: "Change: Deployed 4.2 (ci, told by pager)", at: new Date(change.timestamp) },
  ]);
});
