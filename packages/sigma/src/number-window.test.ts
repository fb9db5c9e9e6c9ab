import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Measure } from "./correlation.ts";
import { NumberWindow } from "./number-window.ts";

const SPAN = 50;
const settings = {
  spanMs: SPAN,
  latenessMs: 20,
  capacity: 1000,
  eventIdsMax: 10,
  bounds: [{ operator: "gt", value: -1 } as const],
};

function naive(measure: Measure, numbers: readonly number[], last: number): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const sum = numbers.reduce((total, number) => total + number, 0);
  const size = numbers.length;
  switch (measure.kind) {
    case "sum":
      return sum;
    case "avg":
      return sum / size;
    case "median":
      return ((sorted[Math.floor((size - 1) / 2)] ?? 0) + (sorted[Math.floor(size / 2)] ?? 0)) / 2;
    case "percentile":
      return sorted[Math.max(1, Math.ceil((measure.percentile / 100) * size)) - 1] ?? 0;
    case "share":
      return (100 * numbers.filter((number) => number === last).length) / size;
  }
}

it("a window of numbers measures what a naive recount measures, late events included", () => {
  const kinds = fc.constantFrom<Measure["kind"][]>("sum", "avg", "median", "percentile", "share");
  const measures = fc
    .tuple(kinds, fc.integer({ min: 0, max: 100 }))
    .map(([kind, percentile]) => ({ kind, percentile }));
  const step = fc.record({ gap: fc.integer({ min: -15, max: 30 }), number: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(measures, fc.array(step, { minLength: 1, maxLength: 60 }), (measure, steps) => {
      const window = new NumberWindow(settings, measure);
      const seen: { time: number; number: number }[] = [];
      let newest = 1000;
      for (const [index, { gap, number }] of steps.entries()) {
        const time = newest + gap;
        newest = Math.max(newest, time);
        seen.push({ time, number });
        const inside = seen.filter((one) => one.time > newest - SPAN).map((one) => one.number);
        const reading = window.add(time, `e${index}`, String(number));
        expect(reading.late).toBe(false);
        expect(reading.count).toBeCloseTo(naive(measure, inside, number), 9);
        expect(window.size).toBe(inside.length);
      }
    }),
  );
});
