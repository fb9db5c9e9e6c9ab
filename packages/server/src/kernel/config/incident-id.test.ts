import * as fc from "fast-check";
import { expect, test } from "vitest";
import { calendarDateAt, formatIncidentId, incidentCounterScope } from "./incident-id.ts";

const day = { year: 2026, month: 3, day: 9 };

test.each([
  ["INC-YYYY-NNNN", 7, "INC-2026-0007", "INC-2026-"],
  ["INC-YYYY-MM-DD-NNN", 7, "INC-2026-03-09-007", "INC-2026-03-09-"],
  ["SEC-INC-YYYY-NNN", 7, "SEC-INC-2026-007", "SEC-INC-2026-"],
  ["INC-YYYYMMDD-NNN", 7, "INC-20260309-007", "INC-20260309-"],
  ["INC-YYYY-NNNN", 10_000, "INC-2026-10000", "INC-2026-"],
  ["INC-YYYYMMDD-NNN", 1000, "INC-20260309-1000", "INC-20260309-"],
])("T-3: %s number %i is %s, counted by %s", (pattern, n, id, scope) => {
  expect(formatIncidentId(pattern, day, n)).toBe(id);
  expect(incidentCounterScope(pattern, day)).toBe(scope);
});

test.each(["INC-NNNN", "inc-YYYY-NNN", "INC-YYYY-N", "INC-MM-NNN", "INC-YYYY-NNN; drop"])(
  "%s is no pattern",
  (pattern) => {
    expect(() => formatIncidentId(pattern, day, 1)).toThrow(RangeError);
  },
);

test("two numbers or two days never share an id", () => {
  const date = fc.record({
    year: fc.integer({ min: 2020, max: 2099 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 28 }),
  });
  const number = fc.integer({ min: 1, max: 2_000_000 });
  const pattern = fc.constantFrom("INC-YYYY-MM-DD-NNN", "INC-YYYYMMDD-NNN");
  fc.assert(
    fc.property(pattern, date, number, date, number, (form, dateA, a, dateB, b) => {
      const same = a === b && JSON.stringify(dateA) === JSON.stringify(dateB);
      expect(formatIncidentId(form, dateA, a) === formatIncidentId(form, dateB, b)).toBe(same);
    }),
  );
});

test("the date is the one of the profile's time zone", () => {
  const newYear = Date.UTC(2026, 11, 31, 23, 30);
  expect(calendarDateAt(newYear, "UTC")).toEqual({ year: 2026, month: 12, day: 31 });
  expect(calendarDateAt(newYear, "Europe/Berlin")).toEqual({ year: 2027, month: 1, day: 1 });
});
