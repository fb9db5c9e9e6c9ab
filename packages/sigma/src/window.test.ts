import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdsAll, type Bound } from "./bounds.ts";
import { CountWindow } from "./count-window.ts";
import { DistinctWindow } from "./distinct-window.ts";
import type { WindowSettings } from "./window.ts";

const SPAN = 100;
const settings = (bounds: readonly Bound[], over: Partial<WindowSettings> = {}): WindowSettings => ({
  spanMs: SPAN,
  latenessMs: 1000,
  capacity: 1000,
  eventIdsMax: 1000,
  bounds,
  ...over,
});
const bound = fc.record({
  operator: fc.constantFrom("gt", "gte", "lt", "lte", "eq", "neq"),
  value: fc.integer({ min: 0, max: 6 }),
});
const steps = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 60 });
const toTimes = (gaps: readonly number[]): number[] =>
  gaps.map((_, index) => gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0));
const isIn = (time: number, end: number): boolean => time > end - SPAN && time <= end;

describe("sliding windows", () => {
  it("count events in order exactly as a naive recount", () => {
    fc.assert(
      fc.property(steps, fc.array(bound, { minLength: 1, maxLength: 2 }), (gaps, bounds) => {
        const window = new CountWindow(settings(bounds));
        const times = toTimes(gaps);
        times.forEach((time, index) => {
          const inside = times.slice(0, index + 1).filter((other) => isIn(other, time));
          const reading = window.add(time, `e${index}`);
          expect(reading).toMatchObject({
            late: false,
            count: inside.length,
            satisfied: holdsAll(bounds, inside.length),
            lastTime: time,
          });
          expect(reading.eventIds).toHaveLength(reading.satisfied ? inside.length : 0);
        });
      }),
      { numRuns: 500 },
    );
  });

  it("find the same crowded windows whatever the order of arrival", () => {
    const arrivals = steps.chain((gaps) =>
      fc.shuffledSubarray(toTimes(gaps), { minLength: gaps.length, maxLength: gaps.length }),
    );
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 6 }), (times, value) => {
        const bounds: Bound[] = [{ operator: "gt", value }];
        const window = new CountWindow(settings(bounds, { latenessMs: 1_000_000 }));
        times.forEach((time, index) => {
          const seen = times.slice(0, index + 1);
          // Which windows does this event fall into, and is one of them crowded?
          const ends = seen.filter((end) => isIn(time, end));
          const crowded = ends.some((end) => seen.filter((other) => isIn(other, end)).length > value);
          expect({ seen, value, satisfied: window.add(time, `e${index}`).satisfied }).toEqual({
            seen,
            value,
            satisfied: crowded,
          });
        });
      }),
      { numRuns: 500 },
    );
  });

  it("stay exact for their condition when they are full", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 5 }), (gaps, value) => {
        const bounds: Bound[] = [{ operator: "gt", value }];
        const window = new CountWindow(settings(bounds, { capacity: value + 1 }));
        const times = toTimes(gaps);
        times.forEach((time, index) => {
          const count = times.slice(0, index + 1).filter((other) => isIn(other, time)).length;
          expect(window.add(time, "e").satisfied).toBe(count > value);
          expect(window.size).toBeLessThanOrEqual(value + 1);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("count distinct values exactly as a naive recount of the newest window, in any order of arrival", () => {
    const arrivals = fc.array(
      fc.record({ time: fc.integer({ min: 0, max: 400 }), value: fc.constantFrom("a", "b", "c", "d") }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, bound, (events, only) => {
        const window = new DistinctWindow(settings([only]));
        events.forEach(({ time, value }, index) => {
          const seen = events.slice(0, index + 1);
          const newest = Math.max(...seen.map((event) => event.time));
          const reading = window.add(time, `e${index}`, value);
          if (time < newest) return;
          const distinct = new Set(seen.filter((event) => isIn(event.time, newest)).map((event) => event.value)).size;
          expect(reading).toMatchObject({ late: false, count: distinct, satisfied: holdsAll([only], distinct) });
        });
      }),
      { numRuns: 500 },
    );
  });

  it("find a crowd of different values exactly when there is one, whatever the order of arrival", () => {
    const arrivals = fc
      .array(fc.record({ time: fc.integer({ min: 0, max: 600 }), value: fc.constantFrom("a", "b", "c", "d", "e") }), {
        minLength: 1,
        maxLength: 40,
      })
      .chain((events) => fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }));
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 5 }), (events, value) => {
        const window = new DistinctWindow(settings([{ operator: "gte", value }]));
        const found = events.map(({ time, value: one }, index) => window.add(time, `e${index}`, one).satisfied);
        const isCrowded = ({ time: end }: { time: number }) =>
          new Set(events.filter(({ time }) => isIn(time, end)).map((event) => event.value)).size >= value;
        expect(found.includes(true)).toBe(events.some(isCrowded));
      }),
      { numRuns: 1000 },
    );
  });

  it("do not let a flood of one value push out the others", () => {
    const window = new DistinctWindow(settings([{ operator: "gte", value: 3 }], { capacity: 4 }));
    window.add(0, "a", "a");
    window.add(1, "b", "b");
    for (let index = 0; index < 10_000; index++) window.add(2, "f", "flood");
    expect(window).toMatchObject({ size: 3, dropped: 0 });
  });

  it("refuse what is older than the allowed lateness", () => {
    const window = new CountWindow(settings([{ operator: "gt", value: 1 }], { latenessMs: 50 }));
    window.add(1000, "new");
    expect(window.add(949, "old").late).toBe(true);
    expect(window.add(950, "in time")).toMatchObject({ late: false, satisfied: true });
  });
});
