import { describe, expect, test } from "vitest";
import { findDue } from "./find-due.ts";
import type { DrilledPlaybook } from "./find-due.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** four in the morning in Berlin, in winter */
const FOUR = Date.parse("2026-03-01T03:00:00Z");
const settings = { every: "30d", at: "04:00", timeZone: "Europe/Berlin" };

function playbook(id: string, changes: Partial<DrilledPlaybook> = {}): DrilledPlaybook {
  return { id, sinceMs: FOUR - 100 * DAY, lastDrill: null, lastProvenMs: null, ...changes };
}

function passed(id: string, daysAgo: number): DrilledPlaybook {
  const atMs = FOUR - daysAgo * DAY;
  return playbook(id, { lastDrill: { atMs, result: "passed" }, lastProvenMs: atMs });
}

function failed(id: string, daysAgo: number): DrilledPlaybook {
  return { ...passed(id, 20), lastDrill: { atMs: FOUR - daysAgo * DAY, result: "failed" } };
}

const dueAt = (nowMs: number, ...playbooks: DrilledPlaybook[]) => findDue(settings, playbooks, nowMs).due;

describe("L-4: drills by schedule", () => {
  test("begin in the four hours after the time of day, in the profile's time zone, past midnight too", () => {
    const never = playbook("a");
    expect(dueAt(FOUR - 1, never)).toEqual([]);
    expect(dueAt(FOUR, never)).toEqual(["a"]);
    expect(dueAt(FOUR + 4 * HOUR - 1, never)).toEqual(["a"]);
    expect(dueAt(FOUR + 4 * HOUR, never)).toEqual([]);
    const late = { ...settings, at: "23:00" };
    expect(findDue(late, [never], FOUR - 2 * HOUR).due).toEqual(["a"]);
  });

  test("come once in so many days, what waited longest first; what did not pass comes the next night", () => {
    const all = [passed("fresh", 1), passed("old", 30), passed("older", 60), failed("broken", 1), failed("tonight", 0)];
    expect(dueAt(FOUR, ...all)).toEqual(["older", "old", "broken"]);
    expect(
      dueAt(FOUR, { ...passed("x", 30), lastDrill: { atMs: FOUR - 30 * DAY + 600_000, result: "passed" } }),
    ).toEqual(["x"]);
  });

  test("that fail, or are overdue by more than two nights, are told", () => {
    const isNew = playbook("new", { sinceMs: FOUR - 31 * DAY });
    const never = playbook("never", { sinceMs: FOUR - 33 * DAY });
    const all = [passed("late", 33), passed("in time", 31), isNew, never, failed("broken", 1)];
    const { overdue, failed: broken } = findDue(settings, all, FOUR + 12 * HOUR);
    expect(overdue).toEqual(["late", "never"]);
    expect(broken).toEqual(["broken"]);
  });
});
