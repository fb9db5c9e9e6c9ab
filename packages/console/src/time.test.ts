import { assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBytes, formatLatency, formatRelative, formatSpan, formatUtc, readClock } from "./time.ts";

const NOW = Date.parse("2026-03-29T01:30:00Z");
const MINUTE = 60_000;
const at = (minutes: number) => new Date(NOW + minutes * MINUTE).toISOString();

describe("O-2: times as people read them", () => {
  test.each([
    [840, "840 ms"],
    [12_400, "12s"],
    [245_000, "4m 05s"],
    [20 * MINUTE, "20m"],
    [65 * MINUTE, "1h 05m"],
    [51 * 60 * MINUTE, "2d 3h"],
    [-5, "0 ms"],
  ])("a span of %i ms is “%s”", (ms, text) => {
    expect(formatSpan(ms)).toBe(text);
  });

  test.each([
    [{ startedAt: at(-10), dueAt: at(20), stoppedAt: null }, "20m left", "running"],
    [{ startedAt: at(-10), dueAt: at(2), stoppedAt: null }, "2m 00s left", "soon"],
    [{ startedAt: at(-10), dueAt: at(-5), stoppedAt: null }, "breached 5m ago", "breached"],
    [{ startedAt: at(-10), dueAt: at(-5), stoppedAt: at(-7) }, "met in 3m 00s", "met"],
    [{ startedAt: at(-30), dueAt: at(-25), stoppedAt: at(-10) }, "missed by 15m", "missed"],
  ] as const)("a clock %o says “%s”", (clock, text, state) => {
    expect(readClock(clock, NOW)).toMatchObject({ text, state });
  });

  test("a clock never reads as running once it is due, whatever its times", () => {
    assert(
      property(integer({ min: -1e6, max: 1e6 }), integer({ min: 0, max: 1e6 }), (start, length) => {
        const reading = readClock({ startedAt: at(start), dueAt: at(start + length), stoppedAt: null }, NOW);
        expect(reading.state === "breached").toBe(start + length <= 0);
        expect(reading.elapsed).toBeGreaterThanOrEqual(0);
        expect(reading.elapsed).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("relative, latency, bytes and UTC", () => {
    expect(formatRelative(NOW - 5 * MINUTE, NOW)).toBe("5m ago");
    expect(formatRelative(NOW + 20 * MINUTE, NOW)).toBe("in 20m");
    expect(formatRelative(NOW - 2000, NOW)).toBe("just now");
    expect([84, 1240, 12_000].map(formatLatency)).toEqual(["84 ms", "1.2 s", "12 s"]);
    expect([999, 4_212_332].map(formatBytes)).toEqual(["999 B", "4.2 MB"]);
    expect(formatUtc(NOW)).toBe("2026-03-29 01:30:00 UTC");
  });
});
