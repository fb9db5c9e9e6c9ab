import { describe, expect, it } from "vitest";
import { compile, type Engine, type EngineLimits, type Match } from "./index.ts";

const BASE = `title: Base
id: base-id
name: base
logsource: { product: test }
detection:
  s: { kind: login }
  condition: s
`;
const OTHER = BASE.replace("Base", "Other")
  .replace("base-id", "other-id")
  .replace("name: base", "name: other")
  .replace("login", "ssh");

/** An engine with the base rules and one correlation whose body is given. */
function engineFor(body: string, limits?: Partial<EngineLimits>): Engine {
  const text = `${BASE}---\n${OTHER}---\ntitle: Many\nid: many\nlevel: high\ncorrelation:\n${body.replaceAll(/^/gm, "  ")}\n`;
  const ruleset = compile([{ name: "r.yml", text }]);
  expect(ruleset.errors).toEqual([]);
  return ruleset.createEngine(limits);
}

const send = (engine: Engine, time: number, fields: Record<string, unknown>, id = `e${time}`): Match[] =>
  engine.evaluate(
    { presentations: [{ logsource: { product: "test" }, fields: { kind: "login", ...fields } }] },
    { time, id },
  );

const COUNT = "type: event_count\nrules: [base]\ngroup-by: [user]\ntimespan: 10s\ncondition: { gte: 3 }";

describe("event_count", () => {
  it("reports the crossing with group, count, window and event ids; the base rule stays silent", () => {
    const engine = engineFor(COUNT);
    expect(send(engine, 0, { user: "u" })).toEqual([]);
    expect(send(engine, 1000, { user: "v" })).toEqual([]);
    expect(send(engine, 2000, { user: "u" })).toEqual([]);
    expect(send(engine, 9000, { user: "u" })).toMatchObject([
      {
        ruleId: "many",
        kind: "correlation",
        level: "high",
        groupBy: { user: "u" },
        count: 3,
        threshold: 3,
        condition: ">= 3",
        timespanMs: 10_000,
        eventIds: ["e0", "e2000", "e9000"],
        firstTime: 0,
        lastTime: 9000,
        selections: [{ name: "s", fields: [{ field: "kind", value: "login" }] }],
        sentence: 'Many (high): 3 events in 10s for user "u" (limit >= 3)',
      },
    ]);
  });

  it("uses a window of exactly its span", () => {
    const engine = engineFor(COUNT);
    expect([0, 5000, 10_000].flatMap((time) => send(engine, time, { user: "u" }))).toEqual([]);
    expect(send(engine, 14_999, { user: "u" })).toHaveLength(1);
  });

  it("reports again only after the window emptied or a whole span passed", () => {
    const engine = engineFor(COUNT);
    const fired = (times: readonly number[]): number[] =>
      times.filter((time) => send(engine, time, { user: "u" }).length > 0);
    const flood = Array.from({ length: 250 }, (_, index) => index * 100);
    expect(fired(flood)).toEqual([200, 10_200, 20_200]);
    expect(fired([100_000, 100_001, 100_002, 100_003])).toEqual([100_002]);
    expect(fired([111_000, 111_001, 111_002])).toEqual([111_002]);
    // Below the threshold at 210.5 s, above it again within a span of the report.
    expect(fired([200_000, 200_001, 209_000, 210_500, 211_000])).toEqual([209_000, 211_000]);
  });

  it("counts an event once although it matches several of the rules, and any of the rules counts", () => {
    const both = COUNT.replace("[base]", "[base, other-id]");
    const engine = engineFor(both);
    send(engine, 0, { user: "u" });
    send(engine, 1, { user: "u", kind: "ssh" });
    expect(send(engine, 2, { user: "u", kind: ["ssh", "login"] })).toMatchObject([{ count: 3 }]);
  });

  it("lets its rules alert by themselves with generate", () => {
    const engine = engineFor(`${COUNT}\ngenerate: true`);
    expect(send(engine, 0, { user: "u" })).toMatchObject([{ ruleId: "base-id", kind: "selection" }]);
  });

  it("takes the group from the field an alias names for the rule", () => {
    const engine = engineFor(
      `${COUNT.replace("[base]", "[base, other]").replace("[user]", "[who]")}\naliases:\n  who: { base: user, other: account }`,
    );
    send(engine, 0, { user: "u" });
    send(engine, 1, { kind: "ssh", account: "u" });
    expect(send(engine, 2, { user: "u" })).toMatchObject([{ groupBy: { who: "u" }, count: 3 }]);
  });

  it("keeps groups of several fields apart and counts what lacks a field as ungrouped", () => {
    const engine = engineFor(COUNT.replace("[user]", "[user, host]"));
    send(engine, 0, { user: "a", host: "bc" });
    send(engine, 1, { user: "ab", host: "c" });
    expect(send(engine, 2, { user: "a", host: "bc" })).toEqual([]);
    send(engine, 3, { user: "a" });
    expect(engine.counters()).toMatchObject({ groups: 2, ungroupedEvents: 1 });
    expect(send(engine, 4, { user: "a", host: "bc" })).toMatchObject([{ groupBy: { user: "a", host: "bc" } }]);
  });

  it("works without group-by, and with a range", () => {
    const engine = engineFor("type: event_count\nrules: [base]\ntimespan: 1m\ncondition: { gt: 1, lt: 4 }");
    const counts = [0, 1, 2, 3, 4].map((time) => send(engine, time, {}).length);
    expect(counts).toEqual([0, 1, 0, 0, 0]);
  });

  it("finds a burst that arrives late and in reverse, on event time", () => {
    const engine = engineFor(COUNT);
    send(engine, 100_000, { user: "u" });
    expect([9000, 5000].flatMap((time) => send(engine, time, { user: "u" }))).toEqual([]);
    expect(send(engine, 1000, { user: "u" })).toMatchObject([{ count: 3, firstTime: 1000, lastTime: 9000 }]);
  });
});

describe("value_count", () => {
  const VALUES = "type: value_count\nrules: [base]\ngroup-by: [user]\ntimespan: 1m\ncondition: { gte: 3, field: ip }";

  it("counts distinct values, not events", () => {
    const engine = engineFor(VALUES);
    for (let time = 0; time < 50; time++) expect(send(engine, time, { user: "u", ip: time % 2 })).toEqual([]);
    expect(send(engine, 60, { user: "u", ip: 2 })).toMatchObject([{ count: 3, eventIds: ["e48", "e49", "e60"] }]);
  });

  it("counts combinations of several fields", () => {
    const engine = engineFor(VALUES.replace("field: ip", "field: [ip, port]"));
    send(engine, 0, { user: "u", ip: 1, port: 1 });
    send(engine, 1, { user: "u", ip: 1, port: 2 });
    expect(send(engine, 2, { user: "u", ip: 2, port: 1 })).toHaveLength(1);
  });
});

describe("the memory of correlations", () => {
  it("is capped by groups; the group closest to expiry goes first and is counted", () => {
    const engine = engineFor(COUNT, { groupsPerRuleMax: 100 });
    send(engine, 5000, { user: "slow" });
    send(engine, 5001, { user: "slow" });
    for (let index = 0; index < 300; index++) send(engine, 4000, { user: `flood${index}` });
    expect(engine.counters()).toMatchObject({ groups: 100, evictedGroups: 201 });
    expect(send(engine, 5002, { user: "slow" })).toMatchObject([{ count: 3 }]);
  });

  it("is capped by entries in all and in one group", () => {
    const engine = engineFor(COUNT, { entriesPerRuleMax: 50, entriesPerGroupMax: 10 });
    for (let index = 0; index < 500; index++) send(engine, index, { user: `u${index % 7}` });
    const { entries, droppedEntries, evictedGroups } = engine.counters();
    expect(entries).toBeLessThanOrEqual(50);
    expect(droppedEntries).toBeGreaterThan(0);
    expect(evictedGroups).toBeGreaterThan(0);
  });

  const sendFor = (engine: Engine, tenant: string, user: string, time: number): Match[] =>
    engine.evaluate(
      { presentations: [{ logsource: { product: "test" }, fields: { kind: "login", user } }] },
      { time, id: `${tenant}-${time}`, tenant },
    );

  it.each([
    ["groups", { groupsPerRuleMax: 100 }],
    ["entries", { entriesPerRuleMax: 100 }],
    ["its own groups", { groupsPerTenantMax: 50 }],
    ["its own entries", { entriesPerTenantMax: 50 }],
  ])("cannot be taken from one tenant by another one's flood (%s)", (_, limits) => {
    const engine = engineFor(COUNT, limits);
    sendFor(engine, "quiet", "slow", 0);
    sendFor(engine, "quiet", "slow", 1);
    // newer, and so the last to be given up if there were no tenants
    for (let index = 0; index < 500; index++) sendFor(engine, "noisy", `flood${index}`, 1000 + index);
    expect(sendFor(engine, "quiet", "slow", 2000)).toMatchObject([{ count: 3 }]);
    expect(engine.takeEvictions()).toMatchObject([{ ruleId: "many", tenant: "noisy" }]);
  });

  it("is shared by tenants that are too many to be told apart", () => {
    const engine = engineFor(COUNT, { groupsPerRuleMax: 1000 });
    for (let index = 0; index < 3000; index++) sendFor(engine, `t${index}`, `u${index}`, index);
    expect(engine.counters()).toMatchObject({ groups: 1000, evictedGroups: 2000 });
  });

  it("says once what it gave up while its window was open, and nothing of what was over", () => {
    const engine = engineFor(COUNT, { groupsPerRuleMax: 10, latenessMs: 0 });
    for (let index = 0; index < 15; index++) send(engine, index, { user: `u${index}` });
    expect(engine.takeEvictions()).toEqual([
      {
        ruleId: "many",
        title: "Many",
        tenant: "",
        groups: 5,
        groupBy: { user: "u0" },
        entries: 1,
        newestTime: 0,
      },
    ]);
    expect(engine.takeEvictions()).toEqual([]);
    for (let index = 0; index < 10; index++) send(engine, 100_000 + index, { user: `v${index}` });
    expect(engine.takeEvictions()).toEqual([]);
  });

  it("does not keep long keys whole, and does not confuse them", () => {
    const engine = engineFor(COUNT);
    const long = "x".repeat(100_000);
    for (const user of [`${long}1`, `${long}2`, `${long}3`]) expect(send(engine, 0, { user })).toEqual([]);
    expect(engine.counters().groups).toBe(3);
    expect(
      JSON.stringify([send(engine, 1, { user: `${long}1` }), send(engine, 2, { user: `${long}1` })]).length,
    ).toBeLessThan(5000);
  });

  it("is released by a sweep once windows are over", () => {
    const engine = engineFor(COUNT, { latenessMs: 1000 });
    send(engine, 0, { user: "u" });
    engine.sweep(10_999);
    expect(engine.counters().groups).toBe(1);
    engine.sweep(11_000);
    expect(engine.counters()).toMatchObject({ groups: 0, entries: 0 });
  });

  it("cannot be poisoned by an event from the future", () => {
    const engine = engineFor(COUNT);
    const at = (time: number, receivedTime: number): Match[] =>
      engine.evaluate(
        { presentations: [{ logsource: { product: "test" }, fields: { kind: "login", user: "u" } }] },
        { time, id: "e", receivedTime },
      );
    at(9e15, 1000);
    at(2000, 2000);
    expect(at(3000, 3000)).toMatchObject([{ count: 3 }]);
    expect(engine.counters().clampedTimes).toBe(1);
    expect(at(NaN, 4000)).toEqual([]);
    expect(at(Infinity, NaN)).toEqual([]);
    expect(engine.counters()).toMatchObject({ clampedTimes: 3, lateEvents: 0 });
  });

  it("gives the same answers when stored events are replayed into a new engine", () => {
    // Bursts with pauses longer than the window, of lengths around the threshold.
    const events = Array.from({ length: 400 }, (_, index) => ({
      time: Math.floor(index / 20) * 30_000 + (index % 20) * 97,
      user: `u${(index * index) % 7}`,
    }));
    const run = (engine: Engine, from: number) =>
      events.slice(from).flatMap(({ time, user }) => send(engine, time, { user }));
    const rule = COUNT.replace("gte: 3", "gt: 2");
    const live = engineFor(rule);
    const whole = run(live, 0).filter((match) => match.lastTime >= 450_000);
    const rebuilt = run(engineFor(rule), 280).filter((match) => match.lastTime >= 450_000);
    expect(whole.length).toBeGreaterThan(0);
    expect(rebuilt.map(({ count, lastTime }) => [count, lastTime])).toEqual(
      whole.map(({ count, lastTime }) => [count, lastTime]),
    );
  });

  it("says which events long windows need, also by way of other correlations", () => {
    const chain = `type: event_count
  rules: [base]
  group-by: [user]
  timespan: 1m
  condition: { gte: 2 }
---
title: Over it
id: over
correlation:
  type: event_count
  rules: [many]
  group-by: [user]
  timespan: 1d
  condition: { gte: 2 }
---
title: Short
id: short
correlation:
  type: event_count
  rules: [other]
  timespan: 1m
  condition: { gte: 2 }`;
    const text = `${BASE}---\n${OTHER}---\ntitle: Many\nid: many\ncorrelation:\n  ${chain}\n`;
    const ruleset = compile([{ name: "r.yml", text }]);
    expect(ruleset.errors).toEqual([]);
    expect(ruleset.rules.map(({ id, windowMs }) => `${id} ${windowMs}`)).toEqual([
      "base-id 0",
      "other-id 0",
      "many 60000",
      "over 86460000",
      "short 60000",
    ]);
    const engine = ruleset.createEngine({}, { rememberedMs: 3_600_000 });
    const isRemembered = (kind: string) => {
      send(engine, 0, { user: "u", kind });
      return engine.isRemembered();
    };
    expect(["login", "ssh", "login", "nothing"].map(isRemembered)).toEqual([true, false, true, false]);
    const other = ruleset.createEngine();
    send(other, 0, { user: "u" });
    expect(other.isRemembered()).toBe(false);
  });

  it("is announced: the ruleset says how far back a restart must replay", () => {
    expect(compile([{ name: "r.yml", text: BASE }]).windowMs).toBe(0);
    const text = `${BASE}---\ntitle: M\nid: m\ncorrelation: { type: event_count, rules: base, timespan: 2h, condition: { gt: 1 } }`;
    expect(compile([{ name: "r.yml", text }]).windowMs).toBe(7_200_000);
  });
});
