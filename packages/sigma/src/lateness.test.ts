import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, type Engine, type Match } from "./index.ts";

const LATENESS = 60_000;
const SECOND = 1000;
const bases = ["a", "b"].map(
  (kind) => `title: ${kind}
name: ${kind}
logsource: { product: p }
detection:
  s: { kind: ${kind} }
  condition: s
`,
);
const correlation = (id: string, body: string) =>
  `title: ${id}\nid: ${id}\ncorrelation:\n  group-by: [user]\n  timespan: 10s\n  ${body}\n`;
const ruleset = compile([
  {
    name: "r.yml",
    text: [
      ...bases,
      correlation("count", "type: event_count\n  rules: [a, b]\n  condition: { gte: 4 }"),
      correlation("values", "type: value_count\n  rules: [a, b]\n  condition: { field: host, gte: 3 }"),
      correlation("both", "type: temporal\n  rules: [a, b]"),
      correlation("ordered", "type: temporal_ordered\n  rules: [b, a]"),
      correlation("unanswered", "type: firebreak.absence\n  rules: [a, b]"),
      correlation("silent", "type: firebreak.absence\n  rules: [a]"),
    ].join("---\n"),
  },
]);

interface Arrival {
  readonly time: number;
  readonly delay: number;
  readonly kind: string;
  readonly user: string;
  readonly host: string;
}

/** Events of one minute and a half; no two of one moment, for which an order would be arbitrary. */
const streams = fc
  .uniqueArray(
    fc.record({
      time: fc.integer({ min: 0, max: 90 }).map((at) => at * SECOND),
      delay: fc.integer({ min: 0, max: LATENESS - 1 }),
      kind: fc.constantFrom("a", "b"),
      user: fc.constantFrom("u", "v"),
      host: fc.constantFrom("h", "i", "j"),
    }),
    { minLength: 1, maxLength: 40, selector: ({ time }) => time },
  )
  .map((events) => events.toSorted((left, right) => left.time - right.time));
const byArrival = (events: readonly Arrival[]) =>
  events.toSorted((left, right) => left.time + left.delay - right.time - right.delay);

/** Plays events, time going on as far as lateness lets it. */
function play(engine: Engine, events: readonly Arrival[]): Match[] {
  return events.flatMap(({ time, delay, kind, user, host }) => [
    ...engine.advance(time + delay - LATENESS),
    ...engine.evaluate(
      { presentations: [{ logsource: { product: "p" }, fields: { kind, user, host } }] },
      { time, id: `e${time}` },
    ),
  ]);
}

const create = () => ruleset.createEngine({ latenessMs: LATENESS });
const END = 1e9;
const groupsOf = (matches: readonly Match[]) =>
  [...new Set(matches.map(({ ruleId, groupBy }) => `${ruleId} ${groupBy?.["user"]}`))].toSorted((left, right) =>
    left < right ? -1 : 1,
  );
const silencesOf = (matches: readonly Match[]) =>
  matches
    .filter(({ ruleId }) => ruleId === "silent" || ruleId === "unanswered")
    .map(({ ruleId, groupBy, lastTime }) => `${ruleId} ${groupBy?.["user"]} ${lastTime}`)
    .toSorted((left, right) => (left < right ? -1 : 1));

describe("events that arrive late", () => {
  it("are compiled", () => {
    expect(ruleset.errors).toEqual([]);
  });

  it("report for the same groups as in order, within the allowed lateness", () => {
    fc.assert(
      fc.property(streams, (events) => {
        const inOrder = create();
        const expected = [
          ...play(
            inOrder,
            events.map((event) => ({ ...event, delay: 0 })),
          ),
          ...inOrder.advance(END),
        ];
        const shuffled = create();
        const got = [...play(shuffled, byArrival(events)), ...shuffled.advance(END)];
        expect(shuffled.counters()).toMatchObject({ lateEvents: 0, droppedEntries: 0 });
        expect(groupsOf(got)).toEqual(groupsOf(expected));
        expect(silencesOf(got)).toEqual(silencesOf(expected));
      }),
      { numRuns: 1000 },
    );
  });

  it("report silences once each through a restart at any moment", () => {
    fc.assert(
      fc.property(streams, fc.nat(), (events, at) => {
        const arrivals = byArrival(events);
        const cut = at % (arrivals.length + 1);
        const whole = create();
        const expected = [...play(whole, arrivals), ...whole.advance(END)];
        const before = create();
        const first = play(before, arrivals.slice(0, cut));
        // what came true up to the cursor was told: the new engine is filled, brought there, and only then heard
        const after = create();
        const last = arrivals[cut - 1];
        for (const event of arrivals.slice(0, cut)) play(after, [{ ...event, delay: -1e9 }]);
        if (last !== undefined) after.advance(last.time + last.delay - LATENESS);
        const second = [...play(after, arrivals.slice(cut)), ...after.advance(END)];
        expect(silencesOf([...first, ...second])).toEqual(silencesOf(expected));
      }),
      { numRuns: 500 },
    );
  });
});
