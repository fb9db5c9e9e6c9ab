import { toIso } from "../kernel/index.ts";

/** A source's clock may be ahead of ours by a day: a wrong time zone passes, a wrong year does not. */
const AHEAD_MAX_MS = 24 * 3_600_000;

/** @returns why the source's time is refused, or null; old times are accepted, logs arrive late */
export function explainTimeRefusal(time: string, nowMs: number): string | null {
  const timeMs = Date.parse(time);
  if (Number.isNaN(timeMs) || timeMs < 0) {
    return `time: ${time.slice(0, 40)} is not a date after 1970; send the time as 2026-01-31T12:00:00.000Z`;
  }
  if (timeMs > nowMs + AHEAD_MAX_MS) {
    return `time: ${time.slice(0, 40)} is more than 24 hours ahead of this server's clock (${toIso(nowMs)}); correct the sender's clock`;
  }
  return null;
}

const CANONICAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * @param time a valid time, as the schema of events checks it
 * @returns it as UTC with milliseconds: the form in which a repeat is recognised
 */
export function normalizeTime(time: string): string {
  return CANONICAL.test(time) ? time : toIso(Date.parse(time));
}
