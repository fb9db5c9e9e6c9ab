import * as fc from "fast-check";
import type { GuardLevel } from "@firebreak/protocol";
import { expect, test } from "vitest";
import { forgetWaiting, isHigher, NORMAL, stepLevel } from "./levels.ts";
import type { Exceeds, LevelState } from "./levels.ts";

const TIERS = { warn: 70, critical: 85, emergency: 95 };
const TIMING = { riseMs: 30_000, fallMs: 30_000 };

const exceeds =
  (value: number): Exceeds =>
  (level, eased) =>
    value > TIERS[level] - (eased ? 5 : 0);

/** One value every five seconds. @returns the level after each */
function levelsOf(values: readonly number[]): GuardLevel[] {
  let state: LevelState = NORMAL;
  return values.map((value, index) => {
    state = stepLevel(state, index * 5_000, exceeds(value), TIMING);
    return state.level;
  });
}

const times = (value: number, count: number) => Array.from({ length: count }, () => value);

test("D-2: a level is reached only by a value that stays above its tier for the time it must", () => {
  expect(levelsOf(times(99, 6)).at(-1)).toBe("normal");
  expect(levelsOf(times(99, 7)).at(-1)).toBe("emergency");
  expect(levelsOf([...times(99, 6), 10, ...times(99, 6)])).not.toContain("emergency");
});

test("D-2: above a tier by turns gives the highest tier that was never left", () => {
  expect(levelsOf([99, 80, 99, 80, 99, 80, 99]).at(-1)).toBe("warn");
});

test("D-2: a level falls only when the value is well below its tier, for long enough", () => {
  const raised = times(96, 7);
  expect(levelsOf([...raised, ...times(91, 20)]).at(-1)).toBe("emergency");
  expect(levelsOf([...raised, ...times(80, 6)]).at(-1)).toBe("emergency");
  expect(levelsOf([...raised, ...times(88, 7)]).at(-1)).toBe("critical");
  expect(levelsOf([...raised, ...times(10, 7)]).at(-1)).toBe("normal");
});

test("D-2: values that swing around a tier change the level once, not with every swing", () => {
  const swinging = Array.from({ length: 200 }, (_, index) => (index % 8 < 7 ? 86 : 83));
  const levels = levelsOf([...times(86, 7), ...swinging]);
  const changes = levels.filter((level, index) => index > 0 && level !== levels[index - 1]);
  expect(changes).toEqual(["critical"]);
});

test("D-2: time that nobody watched raises and lowers nothing", () => {
  const waiting = stepLevel(NORMAL, 0, exceeds(99), TIMING);
  expect(stepLevel(forgetWaiting(waiting), 60_000, exceeds(99), TIMING).level).toBe("normal");
});

/** @returns whether the newest seven values, thirty seconds, are all beyond what the change needs */
function isJustified(before: GuardLevel, after: GuardLevel, window: readonly number[]): boolean {
  if (window.length < 7) return false;
  if (isHigher(after, before)) return after !== "normal" && Math.min(...window) > TIERS[after];
  return before !== "normal" && Math.max(...window) <= TIERS[before] - 5;
}

test("D-2: whatever the values, the level changes only by what held for thirty seconds", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 80 }), (values) => {
      const levels = levelsOf(values);
      return levels.every((level, index) => {
        const before = levels[index - 1] ?? "normal";
        return level === before || isJustified(before, level, values.slice(Math.max(0, index - 6), index + 1));
      });
    }),
  );
});
