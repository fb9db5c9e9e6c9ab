import type { Search } from "./conditions.ts";

const DAY_MS = 86_400_000;

/** @returns the stretch that is counted: by default the last 24 hours; it always has a length */
export function readPeriod({ sinceMs, untilMs }: Search, nowMs: number): { sinceMs: number; untilMs: number } {
  // what happens in this millisecond is counted too
  const end = untilMs ?? Math.max(nowMs + 1, sinceMs === null ? 0 : sinceMs + 1);
  return { sinceMs: sinceMs ?? Math.max(0, end - DAY_MS), untilMs: end };
}
