import { WEEKDAYS } from "@firebreak/protocol";
import type { WeeklyWindow } from "@firebreak/protocol";
import { Temporal } from "temporal-polyfill";

/**
 * Whether a window that comes back every week is open. Wall-clock times that a change of the clock skips or repeats are
 * read as RFC 5545 asks: the skipped one after the gap, the repeated one the first time.
 *
 * @returns when the stretch that is open at `now` ends, or null when none is; milliseconds since 1970
 */
export function weeklyOpenUntil(window: WeeklyWindow, now: number): number | null {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(window.timeZone).toPlainDate();
  // Yesterday's may go on past midnight.
  const ends = [today.subtract({ days: 1 }), today].flatMap((date) => {
    const stretch = stretchOf(window, date);
    return stretch !== undefined && stretch.begin <= now && now < stretch.end ? [stretch.end] : [];
  });
  return ends.length === 0 ? null : Math.max(...ends);
}

function stretchOf(
  { days, from, to, timeZone }: WeeklyWindow,
  date: Temporal.PlainDate,
): { begin: number; end: number } | undefined {
  const day = WEEKDAYS[date.dayOfWeek - 1];
  if (day === undefined || !days.includes(day)) return undefined;
  const lastDate = to <= from ? date.add({ days: 1 }) : date;
  const at = (when: Temporal.PlainDate, time: string) =>
    when.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds;
  return { begin: at(date, from), end: at(lastDate, to) };
}
