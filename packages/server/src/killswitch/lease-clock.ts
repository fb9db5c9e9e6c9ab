import type { Clock } from "../kernel/index.ts";

/** @returns milliseconds since 1970 as they were at the start, counted on by a clock that never jumps */
export function createLeaseClock(clock: Clock): () => number {
  const startMs = clock.now() - clock.monotonicMs();
  return () => Math.floor(startMs + clock.monotonicMs());
}
