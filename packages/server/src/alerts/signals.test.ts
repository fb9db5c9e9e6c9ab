import type { Actor } from "@firebreak/protocol";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createManualClock, createNewId } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import {
  acknowledgeAlert,
  getAlert,
  listAlerts,
  markStaleAlerts,
  receiveSignals,
  resolveAlert,
  resolveExpiredAlerts,
} from "./index.ts";
import type { Signal } from "./index.ts";
import { normaliseSignal, signalSchema } from "./signal.ts";

const START_MS = Date.parse("2026-03-01T12:00:00Z");
const clock = createManualClock(START_MS);
const actor: Actor = { kind: "token", id: "tok_prometheus", name: "prometheus" };
const severity = { label: "SEV", respondMinutes: 5 };
const profile = { detectors: [], severities: { 1: severity, 2: severity, 3: severity, 4: severity } };
let test: TestDatabase;
const ctx = () => ({ database: test.database, clock, newId: createNewId(() => clock.now()), actor, profile });

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(() => test.database.pool.query("truncate alerts cascade; delete from graphile_worker._private_jobs"));

function signal(more: Partial<Signal> = {}): Signal {
  return {
    source: "prometheus",
    kind: "alertmanager",
    key: "a1b2",
    action: "trigger",
    title: "High latency",
    text: "p99 is 2 s",
    severity: 2,
    labels: { alertname: "HighLatency", instance: "web-1" },
    annotations: {},
    links: [],
    startsAtMs: clock.now() - 60_000,
    endsAtMs: null,
    staleAfterMs: null,
    groupKey: null,
    agentId: null,
    pack: null,
    detail: {},
    notes: [],
    ...more,
  };
}

const send = async (...signals: Partial<Signal>[]) => receiveSignals(ctx(), signals.map(signal));
const outcomesOf = async (...signals: Partial<Signal>[]) => (await send(...signals)).map(({ outcome }) => outcome);
async function jobs(task: string): Promise<unknown[]> {
  const { rows } = await test.database.pool.query<{ payload: unknown }>(
    "select payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = $1 order by j.id",
    [task],
  );
  return rows.map(({ payload }) => payload);
}

describe("D-8: signals of senders", () => {
  it("E-8: lose secrets and personal data, but labels that people match stay", async () => {
    const token = `ghp_${"a1B2c3D4e5F6g7H8i9J0".repeat(2).slice(0, 36)}`;
    const [opened] = await send({
      title: `build failed with ${token}`,
      text: "tell ada@example.org",
      labels: { alertname: "Build", owner: "ada@example.org", env: token },
      annotations: { password: "tiger-in-the-tank-9" },
      links: [{ href: `https://ci.example.org/?token=${token}`, text: "run" }],
      detail: { log: { line: `export GITHUB_TOKEN=${token}` } },
    });
    const alert = await getAlert(ctx(), opened?.alertId ?? "");
    expect(JSON.stringify(alert)).not.toContain(token);
    expect(JSON.stringify(alert)).not.toContain("tiger");
    expect(alert).toMatchObject({ title: "build failed with [REDACTED: KEY]", sentence: "tell [REDACTED: EMAIL]" });
    expect(alert.labels).toMatchObject({ owner: "ada@example.org", env: "[REDACTED: KEY]" });
    expect(alert.links).toHaveLength(1);
  });

  it("open one alert per source and key, extend it while it is open, and tell of it once", async () => {
    expect(await outcomesOf({}, { key: "other" }, { source: "second" }, {})).toEqual([
      "opened",
      "opened",
      "opened",
      "extended",
    ]);
    clock.advance(60_000);
    const [again] = await send({ text: "p99 is 3 s", severity: 1 });
    expect(again?.outcome).toBe("extended");
    expect(await getAlert(ctx(), again?.alertId ?? "")).toMatchObject({
      occurrences: 3,
      occurrence: 1,
      severity: 1,
      sentence: "p99 is 3 s",
      ruleId: null,
      source: "prometheus",
      lastEventAt: new Date(clock.now()).toISOString(),
      labels: {
        alertname: "HighLatency",
        instance: "web-1",
        severity: "critical",
        firebreak_source: "prometheus",
        firebreak_kind: "alertmanager",
      },
    });
    expect(await jobs("alert.opened")).toHaveLength(3);
  });

  it("open a new alert after a resolve, and drop what acts on nothing open", async () => {
    const outcomes = await send(
      { action: "resolve" },
      {},
      { action: "resolve" },
      { action: "resolve" },
      { action: "acknowledge" },
      {},
    );
    expect(outcomes.map((one) => (one.outcome === "dropped" ? one.reason : one.outcome))).toEqual([
      "nothing_open",
      "opened",
      "resolved",
      "nothing_open",
      "nothing_open",
      "opened",
    ]);
    const [first, second] = (await listAlerts(ctx(), {})).items.toSorted((a, b) => a.occurrence - b.occurrence);
    expect(first).toMatchObject({ status: "resolved", resolution: "sender", occurrence: 1, resolvedBy: actor });
    expect(second).toMatchObject({ status: "open", resolution: null, occurrence: 2 });
    expect(await jobs("alert.changed")).toEqual([{ alertId: first?.id, change: "resolved" }]);
  });

  it("of another source do not touch the same key", async () => {
    await send({}, { source: "second", action: "resolve" }, { source: "second", action: "acknowledge" });
    expect((await listAlerts(ctx(), {})).items).toEqual([
      expect.objectContaining({ status: "open", acknowledgedAt: null }),
    ]);
  });

  it("acknowledge once, whoever says it first", async () => {
    const [opened, first, second] = await send({}, { action: "acknowledge" }, { action: "acknowledge" });
    expect([first?.outcome, second?.outcome]).toEqual(["acknowledged", "acknowledged"]);
    expect(
      await acknowledgeAlert({ ...ctx(), actor: { ...actor, name: "ada" } }, { id: opened?.alertId ?? "" }),
    ).toMatchObject({ acknowledgedBy: actor, status: "open" });
    expect(await jobs("alert.changed")).toHaveLength(1);
  });

  it("that ended before they arrived resolve, or open nothing", async () => {
    expect(await outcomesOf({ endsAtMs: clock.now() })).toEqual(["dropped"]);
    expect(await outcomesOf({}, { endsAtMs: clock.now() - 1 })).toEqual(["opened", "resolved"]);
  });

  it("resolve at the end that the sender promised, unless heard again", async () => {
    await send({ endsAtMs: clock.now() + 5 * 60_000 }, { key: "for ever" });
    clock.advance(4 * 60_000);
    await send({ endsAtMs: clock.now() + 5 * 60_000 });
    clock.advance(4 * 60_000);
    expect(await resolveExpiredAlerts(ctx())).toBe(0);
    clock.advance(60_000);
    expect(await Promise.all([resolveExpiredAlerts(ctx()), resolveExpiredAlerts(ctx())])).toEqual(
      expect.arrayContaining([0, 1]),
    );
    const byKey = new Map((await listAlerts(ctx(), {})).items.map((alert) => [alert.key, alert]));
    expect(byKey.get("a1b2")).toMatchObject({ status: "resolved", resolution: "expired" });
    expect(byKey.get("for ever")).toMatchObject({ status: "open" });
  });

  it("are marked stale when not heard again, never resolved, and fresh when heard", async () => {
    await send({ staleAfterMs: 60_000 });
    clock.advance(59_999);
    expect(await markStaleAlerts(ctx())).toBe(0);
    clock.advance(1);
    expect([await markStaleAlerts(ctx()), await markStaleAlerts(ctx())]).toEqual([1, 0]);
    const [stale] = (await listAlerts(ctx(), {})).items;
    expect(stale).toMatchObject({ status: "open", staleSince: new Date(clock.now()).toISOString() });
    await send({ staleAfterMs: 60_000 });
    expect(await getAlert(ctx(), stale?.id ?? "")).toMatchObject({ status: "open", staleSince: null });
  });

  it("are taken in wholly or not at all", async () => {
    await expect(
      receiveSignals(ctx(), [signal(), { ...signal({ key: "b" }), startsAtMs: Number.NaN }]),
    ).rejects.toMatchObject({ code: "invalid_body", errors: [{ where: "/1/startsAtMs" }] });
    expect((await listAlerts(ctx(), {})).items).toEqual([]);
  });

  it("open one alert when two senders bring the same alerts at the same moment, in different orders", async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const batches = [keys, keys.toReversed(), keys, keys.toReversed()];
    const outcomes = await Promise.all(batches.map((batch) => outcomesOf(...batch.map((key) => ({ key })))));
    expect(outcomes.flat().filter((outcome) => outcome === "opened")).toHaveLength(keys.length);
    expect((await listAlerts(ctx(), { limit: 500 })).items.map(({ occurrences }) => occurrences)).toEqual(
      keys.map(() => 4),
    );
  });

  it("are resolved by a person with a reason on record, once", async () => {
    const [opened] = await send({});
    const id = opened?.alertId ?? "";
    const ada = { ...ctx(), actor: { kind: "person", id: "usr_ada", name: "ada" } } as const;
    expect(await resolveAlert(ada, { id, reason: "rebooted" })).toMatchObject({
      status: "resolved",
      resolution: "person",
      resolvedBy: ada.actor,
    });
    await expect(resolveAlert(ada, { id, reason: "again" })).rejects.toMatchObject({ code: "conflict" });
    await expect(resolveAlert(ada, { id: "alr_none", reason: "x" })).rejects.toMatchObject({ code: "not_found" });
    const { rows } = await test.database.pool.query(
      "select action, leaf from audit_log where target = $1 order by seq",
      [id],
    );
    expect(rows).toEqual([
      { action: "alert.open", leaf: expect.stringContaining('"kind"') },
      { action: "alert.resolve", leaf: expect.stringContaining("rebooted") },
    ]);
  });

  it("whatever they hold become rows within bounds, and the same signal becomes the same row", async () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constant("x".repeat(20_000)));
    const anySignal = fc.record({
      title: text,
      text: fc.option(text),
      labels: fc.dictionary(text, text, { maxKeys: 100 }),
      annotations: fc.dictionary(text, text),
      links: fc.array(fc.record({ href: fc.oneof(fc.webUrl(), text), text }), { maxLength: 40 }),
      groupKey: fc.option(text),
      agentId: fc.option(text),
      pack: fc.option(text),
      detail: fc.dictionary(text, fc.jsonValue()),
    });
    await fc.assert(
      fc.asyncProperty(anySignal, async (given) => {
        const normal = normaliseSignal(signal(given));
        expect(signalSchema.safeParse(normal).success).toBe(true);
        expect(JSON.stringify(normal).length).toBeLessThan(400_000);
        expect(normaliseSignal(signal(given))).toEqual(normal);
        const [outcome] = await send(given);
        const alert = await getAlert(ctx(), outcome?.alertId ?? "");
        expect(alert.labels).toEqual(normal.labels);
        expect(Object.keys(alert.labels).length).toBeLessThanOrEqual(70);
      }),
      { numRuns: 60 },
    );
  });
});
