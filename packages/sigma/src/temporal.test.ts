import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, type Engine, type EngineLimits, type Match } from "./index.ts";

const NAMES = ["a", "b", "c"] as const;
const BASES = NAMES.map(
  (name) =>
    `title: ${name}\nid: id-${name}\nname: ${name}\nlogsource: { product: test }\ndetection:\n  s: { kind: ${name} }\n  condition: s\n`,
).join("---\n");

const correlationOf = (id: string, body: string) =>
  `---\ntitle: ${id}\nid: ${id}\nname: ${id}\nlevel: high\ncorrelation:\n${body.replaceAll(/^/gm, "  ")}\n`;

function load(...correlations: readonly (readonly [string, string])[]) {
  const text = BASES + correlations.map(([id, body]) => correlationOf(id, body)).join("");
  return compile([{ name: "r.yml", text }]);
}

function engineFor(body: string, limits?: Partial<EngineLimits>): Engine {
  const ruleset = load(["t", body]);
  expect(ruleset.errors).toEqual([]);
  return ruleset.createEngine(limits);
}

let sent = 0;
function send(
  engine: Engine,
  time: number,
  kind: string | readonly string[],
  fields: Record<string, unknown> = {},
): Match[] {
  const event = { presentations: [{ logsource: { product: "test" }, fields: { kind, user: "u", ...fields } }] };
  return engine.evaluate(event, { time, id: `${String(kind)}@${time}#${sent++}` });
}

/** Whether each event, given as kind and time, completes a report. */
function fires(body: string, events: readonly (readonly [string | readonly string[], number])[]): boolean[] {
  const engine = engineFor(body);
  return events.map(([kind, time]) => send(engine, time, kind).length > 0);
}

const temporal = (type: string, more = "") =>
  `type: ${type}\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 10s\n${more}`;

describe("temporal", () => {
  it("reports when all rules were seen within the span, in any order, with their events", () => {
    const engine = engineFor(temporal("temporal"));
    expect([...send(engine, 0, "c"), ...send(engine, 1000, "a")]).toEqual([]);
    const [match] = send(engine, 9999, "b");
    expect(match).toMatchObject({ ruleId: "t", count: 3, groupBy: { user: "u" }, firstTime: 0, lastTime: 9999 });
    expect(match?.eventIds.map((id) => id.split("#")[0])).toEqual(["c@0", "a@1000", "b@9999"]);
    expect(match?.sentence).toBe('t (high): 3 of a, b, c in 10s for user "u" (limit >= 3)');
  });

  it.each<[string, string, [string, number][], boolean]>([
    [
      "the span is half open",
      "",
      [
        ["a", 0],
        ["b", 1],
        ["c", 10_000],
      ],
      false,
    ],
    [
      "a count of different rules",
      "condition: { gte: 2 }",
      [
        ["a", 0],
        ["a", 1],
        ["b", 2],
      ],
      true,
    ],
    [
      "the same rule again is no second",
      "condition: { gte: 2 }",
      [
        ["a", 0],
        ["a", 1],
        ["a", 2],
      ],
      false,
    ],
    [
      "a Boolean condition",
      "condition: a and (b or c)",
      [
        ["c", 0],
        ["a", 2],
      ],
      true,
    ],
    [
      "a negated rule keeps it from holding",
      "condition: a and b and not c",
      [
        ["c", 0],
        ["a", 1],
        ["b", 2],
      ],
      false,
    ],
    [
      "until that is over",
      "condition: a and b and not c",
      [
        ["c", 0],
        ["a", 10_000],
        ["b", 10_001],
      ],
      true,
    ],
    [
      "all of with a pattern",
      "condition: all of * ",
      [
        ["a", 0],
        ["b", 1],
        ["c", 2],
      ],
      true,
    ],
    [
      "a late event that falls into the newest window",
      "",
      [
        ["a", 9000],
        ["b", 9500],
        ["c", 5000],
      ],
      true,
    ],
  ])("%s", (_, more, events, expected) => {
    expect(fires(temporal("temporal", more), events).at(-1)).toBe(expected);
  });

  it("takes an event that several rules match for each of them", () => {
    expect(fires(temporal("temporal"), [[["a", "b", "c"], 0]])).toEqual([true]);
    expect(fires(temporal("temporal_ordered"), [[["a", "b", "c"], 0]])).toEqual([false]);
  });

  it("cannot be blinded by a flood of one rule", () => {
    const engine = engineFor(temporal("temporal"), { entriesPerGroupMax: 30 });
    send(engine, 0, "b");
    for (let time = 1; time < 500; time++) expect(send(engine, time, "a")).toEqual([]);
    expect(send(engine, 500, "c")).toHaveLength(1);
    expect(engine.counters().droppedEntries).toBeGreaterThan(0);
  });
});

describe("temporal_ordered", () => {
  it.each<[string, string, [string, number][], boolean]>([
    [
      "in order",
      "",
      [
        ["a", 0],
        ["b", 1],
        ["c", 2],
      ],
      true,
    ],
    [
      "out of order",
      "",
      [
        ["b", 0],
        ["a", 1],
        ["c", 2],
      ],
      false,
    ],
    [
      "with others between",
      "",
      [
        ["a", 0],
        ["c", 1],
        ["b", 2],
        ["a", 3],
        ["c", 4],
      ],
      true,
    ],
    [
      "at the same time, in the order of arrival",
      "",
      [
        ["a", 0],
        ["b", 0],
        ["c", 0],
      ],
      true,
    ],
    [
      "at the same time, in the wrong order",
      "",
      [
        ["b", 0],
        ["a", 0],
        ["c", 0],
      ],
      false,
    ],
    [
      "a late event completes an order",
      "",
      [
        ["a", 0],
        ["c", 2000],
        ["b", 1000],
      ],
      true,
    ],
    [
      "a count: the longest run in order",
      "condition: { gte: 2 }",
      [
        ["c", 0],
        ["b", 1],
        ["a", 2],
      ],
      false,
    ],
    [
      "a count, reached with a gap",
      "condition: { gte: 2 }",
      [
        ["a", 0],
        ["c", 1],
      ],
      true,
    ],
    [
      "a Boolean condition keeps the list's order",
      "condition: a and c",
      [
        ["c", 0],
        ["a", 1],
      ],
      false,
    ],
    [
      "a Boolean condition in order",
      "condition: a and c and not b",
      [
        ["a", 0],
        ["c", 1],
      ],
      true,
    ],
  ])("%s", (_, more, events, expected) => {
    expect(fires(temporal("temporal_ordered", more), events).at(-1)).toBe(expected);
  });

  it("agrees with a search through all sequences", () => {
    const event = fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 3000 }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 14 }), fc.constantFrom(2, 3), (gaps, least) => {
        let now = 0;
        const events = gaps.map(([kind, gap]) => [kind, (now += gap)] as const);
        const engine = engineFor(temporal("temporal_ordered", `condition: { gte: ${least} }`), { eventIdsMax: 99 });
        // it reports on crossing, so only the first of a run of such windows
        let firing = false;
        const expected = events.map(([, time], index) => {
          const inside = events.slice(0, index + 1).filter(([, other]) => other > time - 10_000);
          const holds = longestRun(inside.map(([name]) => NAMES.indexOf(name))) >= least;
          const crosses = holds && !firing;
          firing = holds;
          return crosses;
        });
        const reported = events.map(([kind, time]) => send(engine, time, kind).length > 0);
        // a run that lasts longer than the span is reported again, which the search does not know
        const missed = events.filter((_, index) => expected[index] === true && reported[index] !== true);
        expect({ events, missed }).toEqual({ events, missed: [] });
        const holding = events.filter((_, index) => reported[index] === true && expected[index] !== true);
        expect({ events, early: holding.filter(([, time]) => time < 10_000) }).toEqual({ events, early: [] });
      }),
      { numRuns: 200 },
    );
  });
});

/** The length of the longest strictly rising subsequence, by trying all. */
function longestRun(ranks: readonly number[], from = 0, last = -1): number {
  let best = 0;
  for (let at = from; at < ranks.length; at++) {
    const rank = ranks[at] ?? 0;
    if (rank > last) best = Math.max(best, 1 + longestRun(ranks, at + 1, rank));
  }
  return best;
}

describe("measured values", () => {
  const measured = (type: string, condition: string) =>
    `type: ${type}\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\ncondition: { field: n, ${condition} }`;
  const feed = (body: string, values: readonly unknown[], stepMs = 1000) => {
    const engine = engineFor(body);
    return values.map((n, index) => send(engine, index * stepMs, "a", { n })[0]?.count ?? null);
  };

  it.each([
    ["value_sum", "gt: 10", [4, 5, 2], [null, null, 11]],
    ["value_sum", "gt: 10", [4, "5.5", 1], [null, null, 10.5]],
    ["value_sum", "lt: -1", [1, -3], [null, -2]],
    ["value_avg", "gte: 4", [1, 9], [null, 5]],
    ["value_median", "gte: 5", [1, 2, 10, 11], [null, null, null, 6]],
    ["value_percentile", "percentile: 90, gte: 100", [1, 2, 100], [null, null, 100]],
    ["value_percentile", "percentile: 50, gte: 100", [1, 2, 100], [null, null, null]],
    ["value_sum", "gte: 3", ["x", 1, true, {}, 2], [null, null, null, null, 3]],
  ])("%s with %s over %j", (type, condition, values, expected) => {
    expect(feed(measured(type, condition), values)).toEqual(expected);
  });

  it("a sum forgets what left the window, without drifting", () => {
    const engine = engineFor(measured("value_sum", "gt: 1000000"));
    let last: Match[] = [];
    for (let index = 0; index < 5000; index++) last = send(engine, index * 100, "a", { n: 0.1 + (index % 3) });
    expect(last).toEqual([]);
    const [match] = send(engine, 500_000, "a", { n: 2_000_000 });
    // 99 values of the last ten seconds, of which each third is 0.1, 1.1, 2.1, and the one that crossed
    expect(match?.count).toBeCloseTo(2_000_000 + 99 * 1.1, 6);
  });

  it("value_percentile without a percentile is the share of the value at hand: the seldom is found", () => {
    const engine = engineFor(measured("value_percentile", "lte: 1"));
    for (let index = 0; index < 150; index++) expect(send(engine, index, "a", { n: "often" })).toEqual([]);
    expect(send(engine, 200, "a", { n: "seldom" })[0]?.sentence).toContain("makes up 0.662252 % of n");
  });

  it("says what was measured", () => {
    const engine = engineFor(measured("value_avg", "gt: 2"));
    expect(send(engine, 0, "a", { n: 3 })[0]).toMatchObject({
      count: 3,
      condition: "> 2",
      sentence: 't (high): n averages 3 in 10s for user "u" (limit > 2)',
    });
  });
});

describe("chained correlations", () => {
  const MANY = [
    "many",
    "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\ncondition: { gte: 3 }",
  ] as const;
  const THEN = ["then", "type: temporal_ordered\nrules: [many, b]\ngroup-by: [user]\ntimespan: 1m"] as const;

  it("a burst followed by a success is one report; the burst alone stays silent", () => {
    const ruleset = load(THEN, MANY);
    expect(ruleset.errors).toEqual([]);
    expect(ruleset.windowMs).toBe(70_000);
    expect(ruleset.rules.filter(({ alerts }) => alerts).map(({ id }) => id)).toEqual(["id-c", "then"]);
    const engine = ruleset.createEngine();
    expect([0, 1, 2, 3].flatMap((time) => send(engine, time, "a"))).toEqual([]);
    expect(send(engine, 10, "b", { user: "other" })).toEqual([]);
    expect(send(engine, 30_000, "b")).toMatchObject([{ ruleId: "then", count: 2 }]);
  });

  it("with generate the inner one reports as well", () => {
    const engine = load([MANY[0], MANY[1]], [THEN[0], `${THEN[1]}\ngenerate: true`]).createEngine();
    const reports = [0, 1, 2].flatMap((time) => send(engine, time, "a"));
    expect(reports.map(({ ruleId }) => ruleId)).toEqual(["many"]);
  });

  it("take the group from the inner report when the event itself lacks the name", () => {
    const inner =
      "type: event_count\nrules: [a]\ngroup-by: [who]\naliases: { who: { a: user } }\ntimespan: 10s\ncondition: { gte: 1 }";
    const outer = "type: event_count\nrules: [many]\ngroup-by: [who]\ntimespan: 10m\ncondition: { gte: 2 }";
    const engine = load(["many", inner], ["then", outer]).createEngine();
    send(engine, 0, "a");
    expect(send(engine, 60_000, "a")).toMatchObject([{ ruleId: "then", groupBy: { who: "u" } }]);
  });

  it("in a circle are refused, with all that stand on them, and nothing else", () => {
    const circle = (id: string, on: string) =>
      [id, `type: event_count\nrules: [${on}]\ntimespan: 1m\ncondition: { gte: 1 }`] as const;
    const ruleset = load(circle("x", "y"), circle("y", "x"), circle("z", "x"), circle("fine", "a"));
    expect(new Set(ruleset.errors.map(({ ruleId }) => ruleId))).toEqual(new Set(["x", "y", "z"]));
    expect(ruleset.errors).toHaveLength(3);
    expect(ruleset.errors.map(({ message }) => message).join()).toContain("in a circle");
    expect(ruleset.rules.filter(({ kind }) => kind === "correlation").map(({ id }) => id)).toEqual(["fine"]);
  });
});

describe("what a correlation cannot mean is refused with its place", () => {
  it.each([
    [temporal("temporal", "condition: a and d"), '"d", which is not in rules'],
    [temporal("temporal", "condition: not a"), "without any of its rules"],
    [temporal("temporal", "condition: a and not a"), "can never hold"],
    [temporal("temporal", "condition: { field: n, gte: 1 }"), "counts events, not a field"],
    ["type: temporal\nrules: [a, id-a]\ntimespan: 1m", "stands twice"],
    ["type: value_sum\nrules: [a]\ntimespan: 1m\ncondition: { gt: 1 }", "value_sum needs a field"],
    ["type: value_avg\nrules: [a]\ntimespan: 1m\ncondition: { field: [n, m], gt: 1 }", "one field is needed"],
    [
      "type: value_percentile\nrules: [a]\ntimespan: 1m\ncondition: { field: n, percentile: 101, gt: 1 }",
      "from 0 to 100",
    ],
    [
      "type: value_sum\nrules: [a]\ntimespan: 1m\ncondition: { field: n, percentile: 5, gt: 1 }",
      "no meaning with value_sum",
    ],
    ["type: event_count\nrules: [a]\ntimespan: 1m\ncondition: a and b", "a map is needed"],
    ["type: event_count\nrules: [a]\ntimespan: 1m\ncondition: { gt: 1.5 }", "whole number"],
  ])("%j", (body, message) => {
    const [error, ...more] = load(["t", body]).errors;
    expect(more).toEqual([]);
    expect(error).toMatchObject({ ruleId: "t", message: expect.stringContaining(message) });
    expect(error?.line).toBeGreaterThan(20);
  });

  it("a Boolean condition may name its rules by itself", () => {
    const engine = engineFor("type: temporal\ngroup-by: [user]\ntimespan: 10s\ncondition: b and a");
    send(engine, 0, "a");
    expect(send(engine, 1, "b")).toHaveLength(1);
  });
});
