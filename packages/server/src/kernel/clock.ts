/** The time, as an argument: everything that depends on time takes a clock, so tests can move it. */
export interface Clock {
  /** milliseconds since 1970, wall clock */
  now(): number;
  /** milliseconds on a clock that never jumps, for measuring how long something took */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A clock that stands still until a test moves it. */
export function createManualClock(startMs: number): Clock & { advance(ms: number): void } {
  let offsetMs = 0;
  return {
    now: () => startMs + offsetMs,
    monotonicMs: () => offsetMs,
    advance: (ms) => {
      offsetMs += ms;
    },
  };
}

/** @returns the time as ISO 8601 in UTC with milliseconds */
export function toIso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
