import { GUARD_LEVELS } from "@firebreak/protocol";
import type { GuardLevel } from "@firebreak/protocol";

export type RaisedLevel = Exclude<GuardLevel, "normal">;
const RAISED: readonly RaisedLevel[] = ["warn", "critical", "emergency"];

/** The level of one measure, and since when its value lies where. Times are of the clock that never jumps. */
export interface LevelState {
  readonly level: GuardLevel;
  /** since when the value is above each tier without a break; null: it is not */
  readonly aboveSinceMs: Readonly<Record<RaisedLevel, number | null>>;
  /** since when the value is well below the tier of the level in force */
  readonly belowSinceMs: number | null;
}

export interface LevelTiming {
  readonly riseMs: number;
  readonly fallMs: number;
}

/** @param eased true asks with the hysteresis: is the value still too near to call the level over? */
export type Exceeds = (level: RaisedLevel, eased: boolean) => boolean;

export const NORMAL: LevelState = {
  level: "normal",
  aboveSinceMs: { warn: null, critical: null, emergency: null },
  belowSinceMs: null,
};

/**
 * The level after one more sample. It rises to the highest tier that the value has been above for `riseMs`, and falls only
 * once the value was below the tier in force, by the hysteresis, for `fallMs`: then to the highest tier it is not well below.
 */
export function stepLevel(state: LevelState, nowMs: number, exceeds: Exceeds, timing: LevelTiming): LevelState {
  const since = (level: RaisedLevel) => (exceeds(level, false) ? (state.aboveSinceMs[level] ?? nowMs) : null);
  const aboveSinceMs = { warn: since("warn"), critical: since("critical"), emergency: since("emergency") };
  const risen = RAISED.findLast((level) => isSince(aboveSinceMs[level], nowMs, timing.riseMs)) ?? "normal";
  if (isHigher(risen, state.level)) return { level: risen, aboveSinceMs, belowSinceMs: null };
  const isBelow = state.level !== "normal" && !exceeds(state.level, true);
  const belowSinceMs = isBelow ? (state.belowSinceMs ?? nowMs) : null;
  if (!isSince(belowSinceMs, nowMs, timing.fallMs)) return { level: state.level, aboveSinceMs, belowSinceMs };
  const fallen = RAISED.findLast((level) => isHigher(state.level, level) && exceeds(level, true)) ?? "normal";
  return { level: fallen, aboveSinceMs, belowSinceMs: null };
}

/** Time that nobody watched counts for nothing: the level stays, its waiting begins anew. */
export function forgetWaiting(state: LevelState): LevelState {
  return { ...NORMAL, level: state.level };
}

function isSince(sinceMs: number | null, nowMs: number, ms: number): boolean {
  return sinceMs !== null && nowMs - sinceMs >= ms;
}

export function isHigher(a: GuardLevel, b: GuardLevel): boolean {
  return GUARD_LEVELS.indexOf(a) > GUARD_LEVELS.indexOf(b);
}

export function highest(levels: readonly GuardLevel[]): GuardLevel {
  return levels.reduce((a, b) => (isHigher(b, a) ? b : a), "normal");
}
