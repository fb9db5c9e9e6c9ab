export type TimePart = "minute" | "hour" | "day" | "week" | "month" | "year";

/** `2026-11-27T02:00:00…`, or with a space; what follows (seconds, zone) is not looked at, as the specification says. */
const WRITTEN = /^\s*(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?/;
/** Epoch numbers from here on are milliseconds, below they are seconds: 1973 in ms, 5138 in s. */
const MILLISECONDS_FROM = 100_000_000_000;
const DAY_MS = 86_400_000;

/** A part of the date a text holds, as it is written there (no conversion of time zones); epoch numbers are read in UTC. */
export function readTimePart(text: string, part: TimePart): number | undefined {
  const date = text.length > 64 ? undefined : readDate(text);
  if (date === undefined) return undefined;
  switch (part) {
    case "minute":
      return date.getUTCMinutes();
    case "hour":
      return date.getUTCHours();
    case "day":
      return date.getUTCDate();
    case "week":
      return isoWeek(date);
    case "month":
      return date.getUTCMonth() + 1;
    case "year":
      return date.getUTCFullYear();
  }
}

function readDate(text: string): Date | undefined {
  const [, year, month, day, hour = "0", minute = "0"] = WRITTEN.exec(text) ?? [];
  if (year === undefined) return readEpoch(text);
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)));
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(hour) < 24;
  return isReal && Number(minute) < 60 ? date : undefined;
}

function readEpoch(text: string): Date | undefined {
  if (!/^\d{9,16}(\.\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  const date = new Date(number < MILLISECONDS_FROM ? number * 1000 : number);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** ISO 8601: week 1 holds the year's first Thursday. */
function isoWeek(date: Date): number {
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(day + (3 - weekday) * DAY_MS);
  return 1 + Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / (7 * DAY_MS));
}
