import type { BudgetWindow } from "@firebreak/protocol/policy";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface WindowAt {
  /** the same for every moment of one window, and fit for a file's name: `2026-11-27`, `2026-11-27T10`, `2026-11-27T10-05` */
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** @returns the window that holds the moment. Days are those of the time zone, also of 23 and 25 hours. */
export function windowAt(window: BudgetWindow, timeZone: string, now: number): WindowAt {
  switch (window) {
    case "minute":
      return plainWindow(now, MINUTE_MS, 16);
    case "hour":
      return plainWindow(now, HOUR_MS, 13);
    case "day":
      return dayAt(timeZone, now);
    default:
      return window satisfies never;
  }
}

function plainWindow(now: number, lengthMs: number, characters: number): WindowAt {
  const startMs = Math.floor(now / lengthMs) * lengthMs;
  const id = new Date(startMs).toISOString().slice(0, characters).replace(":", "-");
  return { id, startMs, endMs: startMs + lengthMs };
}

function dayAt(timeZone: string, now: number): WindowAt {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const dateAt = (time: number) => format.format(time);
  const id = dateAt(now);
  // the date changes once in the 26 hours on either side, in every zone
  const isOther = (time: number) => dateAt(time) !== id;
  const startMs = firstMinute(now - 26 * HOUR_MS, now, (time) => !isOther(time));
  const endMs = firstMinute(now, now + 26 * HOUR_MS, isOther);
  return { id, startMs, endMs };
}

/** @returns the first full minute in (from, to] for which it holds; it holds for `to`, and from some moment on */
function firstMinute(from: number, to: number, holds: (time: number) => boolean): number {
  let low = Math.floor(from / MINUTE_MS);
  let high = Math.ceil(to / MINUTE_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * MINUTE_MS)) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}
