import { WEEKDAYS } from "@firebreak/protocol";
import type { WeeklyWindow } from "@firebreak/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { weeklyOpenUntil } from "./weekly-window.ts";

const nights: WeeklyWindow = { days: ["sat"], from: "22:00", to: "06:00", timeZone: "Europe/Berlin" };
const open = (window: WeeklyWindow, at: string) => {
  const until = weeklyOpenUntil(window, Date.parse(at));
  return until === null ? null : new Date(until).toISOString();
};

describe("D-9: a weekly window", () => {
  test.each([
    ["before it", "2026-03-07T20:59:59Z", null],
    ["at its beginning", "2026-03-07T21:00:00Z", "2026-03-08T05:00:00.000Z"],
    ["past midnight", "2026-03-08T04:59:59Z", "2026-03-08T05:00:00.000Z"],
    ["at its end", "2026-03-08T05:00:00Z", null],
    ["on another night", "2026-03-08T22:00:00Z", null],
  ])("%s", (_when, at, until) => {
    expect(open(nights, at)).toBe(until);
  });

  test("ends at its wall-clock time in the night of a change of the clock", () => {
    expect(open(nights, "2026-03-28T23:00:00Z")).toBe("2026-03-29T04:00:00.000Z"); // one hour shorter
    expect(open(nights, "2026-10-24T23:00:00Z")).toBe("2026-10-25T05:00:00.000Z"); // one hour longer
    const skipped = { ...nights, days: ["sun"], from: "02:30", to: "04:00" } satisfies WeeklyWindow;
    expect(open(skipped, "2026-03-29T01:29:00Z")).toBeNull();
    expect(open(skipped, "2026-03-29T01:30:00Z")).toBe("2026-03-29T02:00:00.000Z");
  });

  test("that begins where it ends lasts a day", () => {
    const whole = { days: ["mon"], from: "00:00", to: "00:00", timeZone: "UTC" } satisfies WeeklyWindow;
    expect(open(whole, "2026-03-02T00:00:00Z")).toBe("2026-03-03T00:00:00.000Z");
    expect(open(whole, "2026-03-03T00:00:00Z")).toBeNull();
  });

  test("says the truth about its end in any zone, at any time", () => {
    const minutes = fc.integer({ min: 0, max: 1439 });
    const clock = minutes.map(
      (of) => `${String(Math.floor(of / 60)).padStart(2, "0")}:${String(of % 60).padStart(2, "0")}`,
    );
    const window = fc.record({
      days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 7 }),
      from: clock,
      to: clock,
      timeZone: fc.constantFrom(
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Africa/Casablanca",
      ),
    });
    const at = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2028, 0) });
    fc.assert(
      fc.property(window, at, (given, now) => {
        const until = weeklyOpenUntil(given, now);
        if (until === null) return;
        expect(until).toBeGreaterThan(now);
        expect(until - now).toBeLessThanOrEqual(26 * 3_600_000);
        expect(weeklyOpenUntil(given, until - 1)).not.toBeNull();
        expect(weeklyOpenUntil(given, until) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(until);
      }),
      { numRuns: 2_000 },
    );
  });
});
