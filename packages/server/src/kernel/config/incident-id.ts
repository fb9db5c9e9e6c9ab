/** A day of a calendar; month and day count from 1. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/**
 * What an incident id looks like: capital words, a date part (`YYYY`, `YYYY-MM-DD` or `YYYYMMDD`) and at least two `N`
 * for the number, for example `INC-YYYY-NNNN`.
 */
export const INCIDENT_ID_PATTERN = /^((?:[A-Z][A-Z0-9]{0,15}-){1,4})(YYYY-MM-DD|YYYYMMDD|YYYY)-(N{2,8})$/;

const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");

function fillDate(pattern: string, date: CalendarDate): { prefix: string; digits: number } {
  const match = INCIDENT_ID_PATTERN.exec(pattern);
  const [, words, datePart, numbers] = match ?? [];
  if (words === undefined || datePart === undefined || numbers === undefined) {
    throw new RangeError(`not an incident id pattern: ${pattern}`);
  }
  const filled = datePart
    .replace("YYYY", pad(date.year, 4))
    .replace("MM", pad(date.month, 2))
    .replace("DD", pad(date.day, 2));
  return { prefix: `${words}${filled}-`, digits: numbers.length };
}

/**
 * The counter an id is numbered by: its words and date part, so that a yearly pattern starts again each year and a
 * daily one each day, for example `INC-2026-` or `INC-20261120-`.
 */
export function incidentCounterScope(pattern: string, date: CalendarDate): string {
  return fillDate(pattern, date).prefix;
}

/**
 * @param n number of the incident within its counter, from 1; past the pattern's digits it grows a digit
 * @returns for example `INC-2026-0001`
 * @throws RangeError for a pattern or number that cannot be
 */
export function formatIncidentId(pattern: string, date: CalendarDate, n: number): string {
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`not an incident number: ${n}`);
  const { prefix, digits } = fillDate(pattern, date);
  return prefix + pad(n, digits);
}

/** @returns the day it is at `timeMs` in the IANA time zone */
export function calendarDateAt(timeMs: number, timeZone: string): CalendarDate {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    year: "numeric",
    month: "numeric",
    day: "numeric",
  }).formatToParts(timeMs);
  const numberOf = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return { year: numberOf("year"), month: numberOf("month"), day: numberOf("day") };
}
