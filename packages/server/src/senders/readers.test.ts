import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signalSchema } from "../alerts/signal.ts";
import { readHook } from "./endpoints/hooks.ts";
import type { ReaderContext, Reading } from "./reading.ts";
import { detailOf, isObject } from "./reading.ts";
import type { Source } from "./source.ts";
import { fillIn, followPointer, webhookTemplate } from "./template.ts";
import { readPostedAlerts, readWebhook } from "./vendors/alertmanager.ts";
import { readEvents } from "./vendors/cloudevents.ts";
import { fingerprintOf } from "./vendors/fingerprint.ts";
import { readAction, readNewAlert } from "./vendors/opsgenie.ts";
import { readChange, readEventV1, readEventV2 } from "./vendors/pagerduty.ts";
import { DEFAULT_TEMPLATE, readByTemplate } from "./vendors/webhook.ts";

const ctx: ReaderContext = {
  source: "here",
  kind: "webhook",
  strict: false,
  severities: {},
  staleAfterMs: null,
  nowMs: Date.parse("2026-03-01T12:00:00Z"),
  newKey: () => "k".repeat(32),
};

function first(reading: Reading) {
  if (!reading.ok) throw new Error(reading.errors.join("; "));
  const [signal] = reading.signals;
  if (signal === undefined) throw new Error("nothing was read");
  return signal;
}

/** Values with the names that readers look for, so that they get far. */
const names = [
  "alerts labels annotations status startsAt endsAt fingerprint groupKey truncatedAlerts event_action",
  "event_type dedup_key incident_key payload summary source severity firing custom_details links images",
  "contexts client_url href timestamp description details message alias priority tags specversion id",
  "type data key title action time __proto__ constructor toString",
].flatMap((line) => line.split(" "));
const leaf = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("trigger", "resolve", "resolved", "critical", "1.0", "https://x.test/", "2026-01-01T00:00:00Z", ""),
  fc.constantFrom("0001-01-01T00:00:00Z", "9999-99-99T00:00:00Z", "+275760-09-13T00:00:00Z", "\u0000", "\uD800"),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("list"), tie("record")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  record: fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 12 }),
}));

const READERS: Readonly<Record<string, (body: unknown, own: ReaderContext) => Reading>> = {
  "Alertmanager webhook": readWebhook,
  "Alertmanager API": (body, own) => ({ ok: true, signals: readPostedAlerts(body, own).signals }),
  "PagerDuty v2": (body, own) => readEventV2(isObject(body) ? body : {}, own),
  "PagerDuty v1": (body, own) => readEventV1(isObject(body) ? body : {}, own),
  Opsgenie: (body, own) => readNewAlert(isObject(body) ? body : {}, own),
  "Opsgenie actions": (body, own) => readAction("resolve", "alias", body, own),
  CloudEvents: (body, own) => readEvents(Array.isArray(body) ? body : [body], null, own),
  webhook: (body, own) => readByTemplate(body, { ...DEFAULT_TEMPLATE, labels: { all: "{/labels}" } }, own),
};

describe("D-8: no body crashes a reader, and what it reads keeps the contract of alerts", () => {
  test.each(Object.entries(READERS))("%s", (_, read) => {
    fc.assert(
      fc.property(anything, fc.boolean(), (body, strict) => {
        // as it comes over the wire: own properties, whatever their names
        const wire: unknown = JSON.parse(JSON.stringify(body ?? null));
        const reading = read(wire, { ...ctx, strict });
        const faults = reading.ok ? (signalSchema.array().safeParse(reading.signals).error?.issues ?? []) : [];
        expect(faults).toEqual([]);
        expect(reading.ok || reading.errors.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("a change event too", () => {
    fc.assert(fc.property(anything, (body) => void readChange(isObject(body) ? body : {}, ctx)));
  });

  test("nesting without end and huge lists", () => {
    const deep: unknown = JSON.parse(`${'{"data":'.repeat(50_000)}1${"}".repeat(50_000)}`);
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, "v".repeat(20)]));
    for (const read of Object.values(READERS)) {
      for (const part of [deep, wide]) {
        const labels = { alertname: "x" };
        read({ alerts: [{ labels, values: part }], event_action: "trigger", payload: { custom_details: part } }, ctx);
        read({ message: "x", details: part, responders: part, title: "t", key: "k", labels: part, data: part }, ctx);
      }
    }
    expect(JSON.stringify(detailOf({ deep, wide })).length).toBeLessThan(16_384);
    expect(JSON.stringify(detailOf({ deep })).length).toBeLessThan(200);
  });
});

describe("D-8: Alertmanager and Grafana", () => {
  const firing = {
    status: "firing",
    labels: { alertname: "HighLatency", severity: "critical", instance: "web-1", agent_id: "scout" },
    annotations: { summary: "Slow", description: "p95 is 2 s", runbook_url: "https://runbooks.test/slow" },
    startsAt: "2026-03-01T11:59:00.123456789Z",
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "http://prom.test/graph?g0",
    fingerprint: "a1b2c3d4e5f60718",
  };

  test("a firing alert: identity, severity, times, links, group; Go's zero time is none", () => {
    const body = { version: "4", groupKey: '{}:{alertname="X"}', receiver: "r", alerts: [firing], unknown: { new: 1 } };
    expect(first(readWebhook(body, { ...ctx, staleAfterMs: 5 }))).toMatchObject({
      key: "a1b2c3d4e5f60718",
      action: "trigger",
      title: "Slow",
      text: "p95 is 2 s",
      severity: 1,
      agentId: "scout",
      startsAtMs: Date.parse("2026-03-01T11:59:00.123Z"),
      endsAtMs: null,
      staleAfterMs: 5,
      groupKey: '{}:{alertname="X"}',
      links: [
        { href: "https://runbooks.test/slow", text: "Runbook" },
        { href: "http://prom.test/graph?g0", text: "Source" },
      ],
    });
  });

  test("one alert of a firing group may be resolved; without a fingerprint its labels identify it", () => {
    const { fingerprint: _, ...unnamed } = firing;
    const body = { status: "firing", alerts: [{ ...unnamed, status: "resolved", endsAt: "2026-03-01T11:59:30Z" }] };
    expect(first(readWebhook(body, ctx))).toMatchObject({
      key: fingerprintOf(firing.labels),
      action: "resolve",
      endsAtMs: Date.parse("2026-03-01T11:59:30Z"),
    });
  });

  test("what max_alerts left out is said", () => {
    const body = { alerts: [firing], truncatedAlerts: 7 };
    expect(first(readWebhook(body, ctx)).notes).toEqual([expect.stringContaining("left 7 alerts")]);
  });

  test("a severity that nobody knows is error and marked, or refused when strict; a source's own words go first", () => {
    const body = { alerts: [{ labels: { alertname: "X", severity: "purple" } }] };
    expect(first(readWebhook(body, ctx))).toMatchObject({
      severity: 2,
      notes: [expect.stringContaining('normalised: the severity is "purple"')],
    });
    expect(readWebhook(body, { ...ctx, strict: true }).ok).toBe(false);
    expect(first(readWebhook(body, { ...ctx, severities: { purple: 3 } }))).toMatchObject({ severity: 3, notes: [] });
  });

  test("posted alerts end by themselves: five minutes after each repeat, or when the sender says", () => {
    const labels = { alertname: "Up" };
    const { signals, errors } = readPostedAlerts(
      [{ labels }, { labels, endsAt: "2026-03-01T11:00:00Z" }, { labels: { empty: "" } }, 7],
      ctx,
    );
    expect(signals).toMatchObject([
      { action: "trigger", endsAtMs: ctx.nowMs + 300_000, startsAtMs: ctx.nowMs },
      { action: "resolve", endsAtMs: Date.parse("2026-03-01T11:00:00Z") },
    ]);
    expect(errors).toEqual(["alerts[2]: at least one label pair required", "alerts[3]: labels in body is required"]);
  });

  test("fingerprints are those of Prometheus", () => {
    // the empty set is the offset basis; a test with the real Alertmanager compares more
    expect(fingerprintOf({})).toBe("cbf29ce484222325");
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        expect(fingerprintOf({ [name]: value })).toBe(slowFingerprint([name, value]));
      }),
    );
    expect(fingerprintOf({ a: "1", b: "2" })).toBe(fingerprintOf({ b: "2", a: "1" }));
    expect(fingerprintOf({ a: "1b" })).not.toBe(fingerprintOf({ a1: "b" }));
  });
});

/** The same in the plainest way. */
function slowFingerprint(parts: readonly string[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of parts.flatMap((part) => [...Buffer.from(part), 255])) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

describe("D-8: PagerDuty", () => {
  const details = {
    num_firing: 2,
    firing: [
      { labels: { alertname: "X", instance: "a", team: "db" } },
      { labels: { alertname: "X", instance: "b", team: "db" } },
    ],
  };

  test("what all alerts of a group share are the labels of the event that stands for it", () => {
    const payload = { summary: "s", source: "am", severity: "warning", custom_details: details };
    expect(first(readEventV2({ event_action: "trigger", payload }, ctx))).toMatchObject({
      severity: 3,
      labels: { alertname: "X", team: "db", source: "am" },
      detail: details,
    });
  });

  test("v1 bears what Alertmanager sends beside: an empty event_action and no payload", () => {
    const body = { event_type: "trigger", event_action: "", payload: null, description: "d", incident_key: "k" };
    expect(first(readEventV1(body, ctx))).toMatchObject({ key: "k", title: "d", severity: 2 });
  });
});

describe("D-8: CloudEvents", () => {
  const source: Source = {
    name: "ce",
    kind: "cloudevents",
    strict: false,
    staleAfterMs: null,
    severities: {},
    template: null,
    signature: null,
    before: null,
  };
  const event = { specversion: "1.0", id: "7", source: "/disk", type: "org.x.disk.full", time: "2026-03-01T11:00:00Z" };
  const data = { title: "Disk full", key: "disk-1", severity: "warning" };
  const read = (headers: Record<string, string>, body: string) =>
    readHook(source, { headers, body: Buffer.from(body), json: () => JSON.parse(body) }, ctx);

  test("structured, binary and batch say the same", () => {
    const structured = read(
      { "content-type": "application/cloudevents+json; charset=utf-8" },
      JSON.stringify({ ...event, data }),
    );
    const batch = read({ "content-type": "application/cloudevents-batch+json" }, JSON.stringify([{ ...event, data }]));
    const attributes = Object.entries(event).map(([name, value]) => [`ce-${name}`, encodeURIComponent(value)]);
    const binary = read(
      { "content-type": "application/json", ...Object.fromEntries(attributes) },
      JSON.stringify(data),
    );
    for (const reading of [structured, batch, binary]) {
      if (reading === "unsupported") throw new Error("not read");
      expect(first(reading)).toMatchObject({
        key: "disk-1",
        title: "Disk full",
        severity: 3,
        startsAtMs: Date.parse(event.time),
      });
    }
  });

  test("without a key in the data, source and id identify an event; a type that ends in resolved resolves", () => {
    const reading = readEvents([{ ...event, type: "org.x.disk.resolved" }], null, ctx);
    expect(first(reading)).toMatchObject({ key: "/disk 7", action: "resolve" });
  });

  test("missing attributes are named; what is no CloudEvent is not taken", () => {
    expect(readEvents([{ specversion: "1.0", id: "1" }], null, ctx)).toEqual({
      ok: false,
      errors: ["the attribute source is missing or empty", "the attribute type is missing or empty"],
    });
    expect(read({ "content-type": "text/plain" }, "x")).toBe("unsupported");
  });
});

describe("D-8: a webhook's template", () => {
  const template = webhookTemplate.parse({
    each: "/problems",
    title: "{/name} on {/host/name}",
    key: "{/id}",
    severity: "{/level}",
    severities: { Fatal: 1 },
    action: "{/state}",
    actions: { PROBLEM: "trigger", OK: "resolve" },
    labels: { host: "{/host/name}", kind: "zabbix" },
  });

  test("reads each item of a list by paths", () => {
    const item = { id: 7, name: "Disk", host: { name: "web-1" }, level: "Fatal", state: "PROBLEM" };
    const reading = readByTemplate({ problems: [item, { ...item, id: 8, state: "OK" }] }, template, ctx);
    expect(reading).toMatchObject({
      ok: true,
      signals: [
        { key: "7", title: "Disk on web-1", severity: 1, action: "trigger", labels: { host: "web-1", kind: "zabbix" } },
        { key: "8", action: "resolve" },
      ],
    });
  });

  test("says what the template does not find", () => {
    expect(readByTemplate({ problems: [{}] }, template, ctx)).toMatchObject({
      ok: false,
      errors: [expect.stringMatching(/^\/problems\/0: the key/)],
    });
    expect(readByTemplate({}, template, ctx)).toEqual({ ok: false, errors: ["the body has no list at /problems"] });
  });

  test("follows only what the body itself holds", () => {
    expect(followPointer({}, "/constructor/name")).toBeUndefined();
    expect(followPointer({ "a/b": { "~": 1 } }, "/a~1b/~0")).toBe(1);
    expect(fillIn("{/x}{/none}-{/o}", { x: 0, o: { a: 1 } })).toBe('0-{"a":1}');
  });

  test("refuses paths that are none", () => {
    expect(webhookTemplate.safeParse({ title: "{name}", key: "{/id}" }).success).toBe(false);
    expect(webhookTemplate.safeParse({ title: "x", key: "{/id}", each: "alerts" }).success).toBe(false);
  });
});
