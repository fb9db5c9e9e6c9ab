import type { ClockView } from "@firebreak/protocol";
import { expect, test } from "vitest";
import { clockText, durationText, severityText, timeText } from "./format.ts";

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [999.6, "1.0 s"],
  [1000, "1.0 s"],
  [4249, "4.2 s"],
  [59_949, "59.9 s"],
  [59_950, "1 min"],
  [90_000, "2 min"],
  [3_569_999, "59 min"],
  [3_570_000, "1 h"],
  [7_200_000, "2 h"],
  [170_999_999, "47 h"],
  [171_000_000, "2 d"],
  [864_000_000, "10 d"],
])("%d ms is %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test("clocks count down, then say that they were missed", () => {
  const dueMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  const clock = { kind: "acknowledge", dueAt: new Date(dueMs).toISOString(), stoppedAt: null, breached: false };
  const running = clock as unknown as ClockView;
  expect(clockText(running, dueMs - 240_000)).toBe("acknowledge: 4 min left");
  expect(clockText(running, dueMs)).toBe("acknowledge: 0 ms left");
  expect(clockText(running, dueMs + 5_000)).toBe("acknowledge: breached 5.0 s ago");
  const stopped = { ...running, stoppedAt: clock.dueAt };
  expect(clockText(stopped, dueMs + 5_000)).toBe("acknowledge: met");
  expect(clockText({ ...stopped, breached: true }, dueMs)).toBe("acknowledge: missed");
});

test("times and severities as people read them", () => {
  expect(timeText("2026-01-02T03:04:05.678Z")).toBe("2026-01-02 03:04:05");
  expect(timeText("2026-01-02T03:04:05Z")).toBe("2026-01-02 03:04:05");
  expect(severityText("SEV-1", 1)).toBe("SEV-1 (critical)");
});
