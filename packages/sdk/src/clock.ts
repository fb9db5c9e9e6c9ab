/** The two clocks of an agent's process. */
export interface GateClock {
  /** milliseconds since 1970 */
  now(): number;
  /** milliseconds on a clock that never jumps */
  monotonicMs(): number;
}

export const systemClock: GateClock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};
