import { array, assert, double, nat, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import type { PastRun } from "./restart.ts";
import { judgeRestart, RESTART_DEFAULTS } from "./restart.ts";

const policy = { ...RESTART_DEFAULTS, when: "on-failure" as const };

/** Runs of `lengthMs` with a second between them. */
function runs(count: number, lengthMs: number, failed = true): PastRun[] {
  return Array.from({ length: count }, (_, i) => {
    const startedMs = i * (lengthMs + 1000);
    return { startedMs, endedMs: startedMs + lengthMs, failed };
  });
}

describe("O-7: an agent that ends is started again as its policy says", () => {
  test("never; only after a failure; always", () => {
    expect(judgeRestart({ ...policy, when: "never" }, runs(1, 10), 1)).toEqual({ kind: "end" });
    expect(judgeRestart(policy, runs(1, 10, false), 1)).toEqual({ kind: "end" });
    expect(judgeRestart({ ...policy, when: "always" }, runs(1, 10, false), 1)).toMatchObject({ kind: "again" });
  });

  test("each short run doubles the wait, up to the longest, and a calm run ends the doubling", () => {
    const long = { ...policy, startsMax: 100 };
    const delays = [1, 2, 3, 4, 20].map((count) => judgeRestart(long, runs(count, 10), 1));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 60_000].map((delayMs) => ({ kind: "again", delayMs })));
    const calm = [...runs(6, 10), { startedMs: 100_000, endedMs: 200_000, failed: true }];
    expect(judgeRestart(long, calm, 1)).toEqual({ kind: "again", delayMs: 1000 });
  });

  test("five starts within a minute are too many", () => {
    expect(judgeRestart(policy, runs(4, 10), 1)).toMatchObject({ kind: "again" });
    expect(judgeRestart(policy, runs(5, 10), 1)).toMatchObject({ kind: "give up" });
    expect(judgeRestart(policy, runs(5, 60_000), 1)).toMatchObject({ kind: "again" });
  });

  test("the wait lies between half and the whole of what is due, and never above the longest", () => {
    const run = record({ lengthMs: nat(120_000), gapMs: nat(90_000) });
    assert(
      property(array(run, { minLength: 1, maxLength: 60 }), double({ min: 0, max: 1, noNaN: true }), (list, random) => {
        let atMs = 0;
        const past = list.map(({ lengthMs, gapMs }) => {
          const startedMs = atMs + gapMs;
          atMs = startedMs + lengthMs;
          return { startedMs, endedMs: atMs, failed: true };
        });
        const verdict = judgeRestart(policy, past, random);
        if (verdict.kind !== "again") return verdict.kind === "give up";
        const full = judgeRestart(policy, past, 1);
        return (
          full.kind === "again" &&
          verdict.delayMs >= full.delayMs / 2 &&
          verdict.delayMs <= full.delayMs &&
          full.delayMs <= policy.maxDelayMs
        );
      }),
    );
  });
});
