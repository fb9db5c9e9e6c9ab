import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChangeWindow } from "./change-window.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { FollowWindow } from "./follow-window.ts";
import { LevelWindow } from "./level-window.ts";
import { LoopWindow } from "./loop-window.ts";
import { RatioWindow } from "./ratio-window.ts";
import { SilenceWindow } from "./silence-window.ts";
import type { TimedWindow, WindowSettings } from "./window.ts";

const SPAN = 10;
const LATENESS = 25;
const settings: WindowSettings = { spanMs: SPAN, latenessMs: 1000, capacity: 1000, eventIdsMax: 100, bounds: [] };

interface Step {
  readonly time: number;
  readonly kind: number;
}

/** Events with the order in which they arrive: each at most the lateness after its time. */
const arrivals = (kinds: number) =>
  fc
    .array(
      fc.record({
        time: fc.integer({ min: 0, max: 120 }),
        kind: fc.integer({ min: 0, max: kinds - 1 }),
        delay: fc.integer({ min: 0, max: LATENESS - 1 }),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((steps) => steps.toSorted((left, right) => left.time + left.delay - right.time - right.delay));

/** Plays events as they arrive, time going on as far as lateness lets it, and then to the end. */
function play(window: TimedWindow, steps: readonly (Step & { readonly delay: number })[]): number[] {
  const reports: number[] = [];
  const advance = (now: number) => {
    while (window.deadline <= now) {
      const reading = window.expire(now);
      if (reading !== undefined) reports.push(reading.lastTime);
    }
  };
  for (const [index, { time, kind, delay }] of steps.entries()) {
    advance(time + delay - LATENESS);
    expect(window.add(time, `e${index}`, "", kind, 0).late).toBe(false);
  }
  advance(10_000);
  return reports;
}

/** Silences by definition: after a sign without another one, or an end of the waiting, inside the span. */
function silences(steps: readonly Step[]): number[] {
  const timesOf = (kind: number) => steps.filter((step) => step.kind === kind).map(({ time }) => time);
  const signs = [...new Set(timesOf(0))].toSorted((left, right) => left - right);
  const ends = timesOf(1);
  const isSilent = (time: number, at: number): boolean => {
    const next = signs[at + 1] ?? Infinity;
    return next - time >= SPAN && !ends.some((end) => end >= time && end < time + SPAN);
  };
  return signs.filter(isSilent).map((time) => time + SPAN);
}

function unanswered(steps: readonly Step[]): number[] {
  const answers = steps.filter(({ kind }) => kind === 1).map(({ time }) => time);
  const open = steps.filter(({ kind, time }) => kind === 0 && !answers.some((at) => at >= time && at < time + SPAN));
  const deadlines = open.map(({ time }) => time + SPAN).toSorted((left, right) => left - right);
  return deadlines;
}

describe("windows that time fulfils", () => {
  it("silence is what it is by definition, in whatever order its signs arrive, and in little room", () => {
    fc.assert(
      fc.property(arrivals(2), (steps) => {
        const window = new SilenceWindow(settings, false);
        expect(play(window, steps)).toEqual(silences(steps));
        expect(window.deadline).toBe(Infinity);
      }),
      { numRuns: 500 },
    );
    const busy = new SilenceWindow(settings, false);
    for (let time = 0; time < 10_000; time++) busy.add(time, "e", "", 0);
    expect(busy.size).toBe(1);
  });

  it("an opening is reported if and only if it has no answer, in whatever order they arrive", () => {
    fc.assert(
      fc.property(arrivals(2), (steps) => {
        const reports = play(new FollowWindow(settings, 2), steps);
        const open = unanswered(steps);
        // of a crowd that waits, the first is reported and then one a span
        expect(reports.every((time) => open.includes(time))).toBe(true);
        expect(reports[0]).toBe(open[0]);
        for (const time of open) expect(reports.some((at) => at <= time && at > time - SPAN)).toBe(true);
      }),
      { numRuns: 500 },
    );
    const busy = new FollowWindow(settings, 2);
    for (let time = 0; time < 10_000; time++) busy.add(time, "e", "", time % 2);
    expect(busy.size).toBeLessThan(5);
  });

  it("are asked in the order of their deadlines", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), (times) => {
        const queue = new DeadlineQueue<number>();
        for (const [item, time] of times.entries()) queue.push(time, item);
        const popped: number[] = [];
        for (let due = queue.pop(40); due !== undefined; due = queue.pop(40)) popped.push(due.time);
        expect(popped).toEqual(times.filter((time) => time <= 40).toSorted((left, right) => left - right));
        expect(queue.size).toBe(times.length - popped.length);
      }),
    );
  });
});

const inOrder = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 6 }), number: fc.integer({ min: -3, max: 9 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    let time = 0;
    return steps.map(({ gap, number }) => ({ time: (time += gap), number }));
  });

/** Two in ten arrive up to 5 ms late, and so do those of the naive count. */
const shaken = inOrder.chain((steps) =>
  fc
    .array(fc.integer({ min: 0, max: 5 }), { minLength: steps.length, maxLength: steps.length })
    .map((delays) =>
      steps
        .map((step, at) => ({ ...step, arrival: step.time + (delays[at] ?? 0) }))
        .toSorted((left, right) => left.arrival - right.arrival),
    ),
);

interface Sample {
  readonly time: number;
  readonly number: number;
}

const within = (samples: readonly Sample[], from: number, to: number) =>
  samples.filter(({ time }) => time > from && time <= to);
const sumOf = (samples: readonly Sample[]) => samples.reduce((sum, { number }) => sum + number, 0);

describe("windows that compare", () => {
  it("a ratio is that of a recount", () => {
    fc.assert(
      fc.property(shaken, (steps) => {
        const window = new RatioWindow({ ...settings, bounds: [{ operator: "gte", value: 0 }] }, 1);
        steps.forEach(({ time, number }, index) => {
          const seen = steps.slice(0, index + 1);
          const newest = Math.max(...seen.map((one) => one.time));
          const isPart = (one: Sample) => one.number > 4;
          if (isPart({ time, number })) window.add(time, `e${index}`, "", 0);
          const reading = window.add(time, `e${index}`, "", 1);
          const whole = within(seen, newest - SPAN, newest);
          expect(reading.detail).toBe(`${whole.filter(isPart).length} of ${whole.length}`);
        });
      }),
      { numRuns: 300 },
    );
  });

  it.each(["count", "sum", "avg"] as const)("a change of %s is that of a recount", (of) => {
    const valueOf = (samples: readonly Sample[]) =>
      of === "count"
        ? samples.length
        : of === "sum"
          ? sumOf(samples)
          : samples.length && sumOf(samples) / samples.length;
    fc.assert(
      fc.property(shaken, (steps) => {
        const window = new ChangeWindow({ ...settings, bounds: [{ operator: "gt", value: 0 }] }, of, 0);
        steps.forEach(({ time, number }, index) => {
          const seen = steps.slice(0, index + 1);
          const newest = Math.max(...seen.map((one) => one.time));
          const reading = window.add(time, `e${index}`, String(number));
          const isKnown = Math.min(...seen.map((one) => one.time)) <= newest - 2 * SPAN;
          const now = valueOf(within(seen, newest - SPAN, newest));
          const before = valueOf(within(seen, newest - 2 * SPAN, newest - SPAN));
          const change = (100 * (now - before)) / Math.abs(before);
          expect(reading.satisfied).toBe(isKnown && before !== 0 && change > 0);
          expect(reading.count).toBeCloseTo(isKnown && before !== 0 ? change : 0, 6);
        });
      }),
      { numRuns: 300 },
    );
  });

  it.each(["lt", "gt"] as const)("a level (%s) is that of a recount", (operator) => {
    fc.assert(
      fc.property(inOrder, (steps) => {
        const window = new LevelWindow({ ...settings, bounds: [{ operator, value: 0 }] }, 0);
        steps.forEach(({ time, number }, index) => {
          const seen = within(steps.slice(0, index + 1), time - SPAN, time).map((one) => one.number);
          const extreme = operator === "lt" ? Math.max(...seen) : Math.min(...seen);
          const reading = window.add(time, `e${index}`, String(number));
          expect(reading.count).toBeCloseTo(extreme === 0 ? 0 : (100 * (number - extreme)) / Math.abs(extreme), 6);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("a late number is a peak for those after it", () => {
    const window = new LevelWindow({ ...settings, bounds: [{ operator: "lt", value: -10 }] }, 0);
    window.add(0, "e0", "100");
    expect(window.add(5, "e1", "95").satisfied).toBe(false);
    expect(window.add(4, "e2", "200")).toMatchObject({ satisfied: true, eventIds: ["e2", "e1"] });
  });
});

describe("loops", () => {
  it("are the repeats of a recount, also of steps that arrive late", () => {
    const lengths = [1, 2, 3, 4];
    const naive = (calls: string): number => {
      const count = (length: number): number => {
        const cycle = calls.slice(-length);
        const isPrimitive = lengths.every(
          (one) => one >= length || length % one !== 0 || cycle !== cycle.slice(0, one).repeat(length / one),
        );
        if (cycle.length < length || !isPrimitive) return 0;
        let repeats = 0;
        while (calls.endsWith(cycle.repeat(repeats + 1))) repeats += 1;
        return repeats;
      };
      return Math.max(...lengths.map(count));
    };
    fc.assert(
      fc.property(shaken, (steps) => {
        const window = new LoopWindow({ ...settings, bounds: [{ operator: "gte", value: 100 }] }, lengths);
        steps.forEach(({ time, number }, index) => {
          const seen = steps.slice(0, index + 1);
          const newest = Math.max(...seen.map((one) => one.time));
          const inside = within(seen, newest - SPAN, newest).toSorted((left, right) => left.time - right.time);
          const calls = inside.map((one) => "ab".charAt(Math.abs(one.number) % 2)).join("");
          expect(window.add(time, `e${index}`, "", 0, Math.abs(number) % 2).count).toBe(naive(calls));
        });
      }),
      { numRuns: 500 },
    );
  });
});
