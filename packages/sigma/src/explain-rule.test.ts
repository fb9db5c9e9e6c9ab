import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "./index.ts";
import type { ExplainedPart, Ruleset, TimedEvent } from "./index.ts";

const TEST = { product: "test" };
const event = (fields: Record<string, unknown>, time = 0, id = `e${time}`): TimedEvent => ({
  event: { presentations: [{ logsource: TEST, fields }] },
  meta: { time, id },
});
const load = (...texts: string[]): Ruleset => {
  const ruleset = compile(texts.map((text, index) => ({ name: `${index}.yml`, text })));
  expect(ruleset.errors).toEqual([]);
  return ruleset;
};
const rule = (id: string, detection: string, logsource = "{ product: test }"): string =>
  `title: T\nid: ${id}\nlogsource: ${logsource}\ndetection:\n${detection.replaceAll(/^/gm, "  ")}\n`;

/** One line a part, indented: `+ selection s`. */
function draw(part: ExplainedPart, depth = 0): string[] {
  const { test } = part;
  const tested =
    test === undefined ? "" : ` ${test.patterns.map(({ pattern }) => pattern).join(",")} in ${test.values.join(",")}`;
  const line = `${"  ".repeat(depth)}${part.holds ? "+" : "-"} ${part.kind} ${part.what}${tested}`;
  return [line, ...part.parts.flatMap((one) => draw(one, depth + 1))];
}

describe("D-4: why an event does or does not match a rule", () => {
  const shell = rule(
    "shell",
    "s:\n  cmd|contains: [curl, wget]\n  user: root\nfilter_ok:\n  host: lab\nfilter_never:\n  note|contains: x\ncondition: s and not 1 of filter_*",
  );

  it("is told selection by selection, item by item, value against pattern", () => {
    const explained = load(shell).explain("shell", [event({ cmd: "curl x", user: "bob", host: "lab" })]);
    expect(explained?.matched).toBe(false);
    const [part] = explained?.events[0]?.presentations[0]?.parts ?? [];
    expect(part === undefined ? [] : draw(part)).toEqual([
      "- all all of",
      "  - selection s",
      "    + test cmd|contains curl,wget in curl x",
      "    - test user root in bob",
      "  - not not",
      "    + atLeast 1 of filter_*",
      "      + selection filter_ok",
      "        + test host lab in lab",
      "      - selection filter_never",
      "        - test note|contains x in ",
    ]);
    const missing = part?.parts[1]?.parts[0]?.parts[1]?.parts[0]?.test;
    expect(missing).toMatchObject({ field: "note", isPresent: false, patterns: [{ pattern: "x", holds: false }] });
  });

  it("says when the logsource does not fit, and asks nothing then", () => {
    const text = rule("w", "s: { a: 1 }\ncondition: s", "{ product: windows }");
    expect(load(text).explain("w", [event({ a: 1 })])).toMatchObject({
      matched: false,
      rule: { logsource: { product: "windows" } },
      events: [{ presentations: [{ logsource: TEST, covered: false, holds: false, parts: [] }] }],
    });
  });

  it("names the filter that took a match away", () => {
    const filter =
      "title: F\nlogsource: { product: test }\nfilter:\n  rules: [shell]\n  s: { user: root }\n  condition: not s\n";
    const explained = load(shell, filter).explain("shell", [event({ cmd: "wget", user: "root" })]);
    expect(explained).toMatchObject({
      matched: false,
      events: [{ presentations: [{ parts: [{ holds: true }, { kind: "filter", holds: false }] }] }],
    });
  });

  it("shows how far a correlation came, per group, and which events it could not count", () => {
    const many =
      "title: C\nid: many\ncorrelation:\n  type: event_count\n  rules: [one]\n  group-by: [user]\n  timespan: 1m\n  condition: { gte: 3 }\n";
    const ruleset = load(rule("one", "s: { a: 1 }\ncondition: s"), many);
    const events = [
      event({ a: 1, user: "u" }, 0),
      event({ a: 1 }, 1),
      event({ a: 2 }, 2),
      event({ a: 1, user: "u" }, 3),
    ];
    const explained = ruleset.explain("many", events);
    expect(explained).toMatchObject({ matched: false, correlation: { type: "event_count", condition: ">= 3" } });
    expect(explained?.correlation?.steps.map(({ eventId, outcome, count }) => [eventId, outcome, count])).toEqual([
      ["e0", "counted", 1],
      ["e1", "no_group", 0],
      ["e3", "counted", 2],
    ]);
    expect(explained?.correlation?.rules[0]?.events.map(({ matched }) => matched)).toEqual([true, true, false, true]);
    const third = ruleset.explain("many", [...events, event({ a: 1, user: "u" }, 4)]);
    expect(third).toMatchObject({ matched: true });
    expect(third?.correlation?.steps.at(-1)).toMatchObject({ outcome: "reported", count: 3, groupBy: { user: "u" } });
  });

  it("keeps what explains it of very long lists", () => {
    const values = Array.from({ length: 500 }, (_, index) => `v${index}`);
    const text = rule("long", `s: { a: [${values.join(", ")}] }\ncondition: s`);
    const part = load(text).explain("long", [event({ a: "v499" })])?.events[0]?.presentations[0]?.parts[0];
    expect(part?.parts[0]).toMatchObject({ omitted: 450, test: { patterns: expect.any(Array) } });
    expect(part?.parts[0]?.test?.patterns[0]).toEqual({ pattern: "v499", holds: true });
  });

  it("agrees with the engine on every event", () => {
    const detections = [
      "s: { a: x }\nt: { b|contains: [x, y] }\ncondition: s and not t",
      "s: { a|exists: true, b: null }\ncondition: s",
      "s1: { a: x }\ns2: { b: y }\ns3: { c|startswith: z }\ncondition: 2 of s*",
      "s: [x, y]\ncondition: s",
      "s:\n  - a|re: '^x+$'\n  - b|neq: y\ncondition: s",
      "s: { a|fieldref: b }\nt: { c|gt: 3 }\ncondition: [s, t]",
      "s: { a|contains|all: [x, y] }\nt: { c: '?*z' }\ncondition: all of them or (s and not t)",
    ];
    const ruleset = load(...detections.map((text, index) => rule(`r${index}`, text)));
    const value = fc.constantFrom("x", "y", "xy", "zz", "xx", null, 4, ["x", "zz"]);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("a", "b", "c"), value, { maxKeys: 3 }), (fields) => {
        const matched = ruleset.createEngine().evaluate(event(fields).event, { time: 0, id: "e" });
        const ids = new Set(matched.map(({ ruleId }) => ruleId));
        for (const { id } of ruleset.rules) {
          expect([id, ruleset.explain(id, [event(fields)])?.matched]).toEqual([id, ids.has(id)]);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("is nothing for a rule that is not there", () => {
    expect(load(shell).explain("gone", [])).toBeUndefined();
  });
});

describe("a part of a ruleset", () => {
  it("holds the rules asked for, what they refer to, and the filters on them", () => {
    const correlation =
      "title: C\nid: c\ncorrelation:\n  type: event_count\n  rules: [a]\n  timespan: 1m\n  condition: { gte: 1 }\n";
    const filter =
      "title: F\nlogsource: { product: test }\nfilter:\n  rules: [a, b]\n  s: { x: no }\n  condition: not s\n";
    const whole = load(
      rule("a", "s: { v: 1 }\ncondition: s"),
      rule("b", "s: { v: 1 }\ncondition: s"),
      correlation,
      filter,
    );
    const part = whole.only(["c"]);
    expect(part.errors).toEqual([]);
    expect(part.rules.map(({ id, alerts }) => [id, alerts])).toEqual([
      ["a", false],
      ["c", true],
    ]);
    const reported = (ruleset: Ruleset, fields: Record<string, unknown>) =>
      ruleset
        .createEngine()
        .evaluate(event(fields).event, { time: 0, id: "e" })
        .map(({ ruleId }) => ruleId);
    expect(reported(part, { v: 1 })).toEqual(["c"]);
    expect(reported(part, { v: 1, x: "no" })).toEqual([]);
    // alone, what is silent in the whole stays silent
    expect(whole.only(["a"]).rules).toMatchObject([{ id: "a", alerts: false }]);
  });
});
