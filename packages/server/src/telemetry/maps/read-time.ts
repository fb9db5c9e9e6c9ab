import { toIso } from "../../kernel/index.ts";

/** A date as parts, in the zone of its offset or else of the map. */
interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const RFC3164 = /^([A-Z][a-z]{2})\s+(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?$/;
const ACCESS_LOG = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const TEXT_MAX = 64;
const DAY_MS = 86_400_000;

/**
 * Reads a time as logs write it: a number of seconds, milliseconds, microseconds or nanoseconds since 1970 (also as
 * text), ISO 8601, `Oct 11 22:14:15` (of the year that puts it nearest before tomorrow), `10/Oct/2026:13:55:36 +0200`.
 *
 * @param timeZone of times without an offset: IANA, or `local`
 * @returns ISO 8601 in UTC with milliseconds, or undefined
 */
export function readTime(value: unknown, timeZone: string, nowMs: number): string | undefined {
  const ms = typeof value === "string" ? readText(value.trim(), timeZone, nowMs) : readNumber(value);
  // 1970 to 9999: what ISO 8601 with four digits can say
  return ms === undefined || !(ms >= 0 && ms < 253_402_300_800_000) ? undefined : toIso(Math.floor(ms));
}

function readNumber(value: unknown): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return undefined;
  if (value < 1e11) return value * 1000;
  if (value < 1e14) return value;
  return value < 1e17 ? value / 1e3 : value / 1e6;
}

function readText(text: string, timeZone: string, nowMs: number): number | undefined {
  if (text.length > TEXT_MAX) return undefined;
  if (/^\d{9,19}(?:\.\d{1,9})?$/.test(text)) return readNumber(Number(text));
  const iso = ISO.exec(text);
  if (iso !== null) return readIso(iso, timeZone);
  const syslog = RFC3164.exec(text);
  if (syslog !== null) return readYearless(syslog, timeZone, nowMs);
  const access = ACCESS_LOG.exec(text);
  return access === null ? undefined : readAccess(access);
}

function readIso(found: RegExpExecArray, timeZone: string): number | undefined {
  const [, year, month, day, hour, minute, second = "0", fraction = "0", offset] = found;
  const parts = partsOf([year, month, day, hour, minute, second], fraction);
  return offset === undefined ? zonedToMs(parts, timeZone) : applyOffset(parts, offset);
}

function readYearless(found: RegExpExecArray, timeZone: string, nowMs: number): number | undefined {
  const [, month = "", day, hour, minute, second, fraction = "0"] = found;
  const thisYear = new Date(nowMs + DAY_MS).getUTCFullYear();
  const of = (year: number) =>
    zonedToMs(partsOf([String(year), monthOf(month), day, hour, minute, second], fraction), timeZone);
  const ms = of(thisYear);
  return ms !== undefined && ms <= nowMs + DAY_MS ? ms : of(thisYear - 1);
}

function readAccess(found: RegExpExecArray): number | undefined {
  const [, day, month = "", year, hour, minute, second, offset = ""] = found;
  return applyOffset(partsOf([year, monthOf(month), day, hour, minute, second], "0"), offset);
}

function monthOf(name: string): string {
  return String(MONTHS.indexOf(name) + 1);
}

function partsOf(texts: readonly (string | undefined)[], fraction: string): DateParts {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = texts.map(Number);
  return { year, month, day, hour, minute, second, millisecond: Number(fraction.padEnd(3, "0").slice(0, 3)) };
}

/** @returns the time as if it were UTC, or undefined for a date that no calendar has */
function asUtc({ year, month, day, hour, minute, second, millisecond }: DateParts): number | undefined {
  // a leap second is the first moment of the next minute
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return undefined;
  const midnight = Date.UTC(year, month - 1, day);
  if (day < 1 || new Date(midnight).getUTCMonth() !== month - 1) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

function applyOffset(parts: DateParts, offset: string): number | undefined {
  const ms = asUtc(parts);
  if (ms === undefined || offset.toUpperCase() === "Z") return ms;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  return ms - (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function zonedToMs(parts: DateParts, timeZone: string): number | undefined {
  const utc = asUtc(parts);
  if (utc === undefined || timeZone === "UTC") return utc;
  // twice: near a change of the clocks the first guess may lie on its other side
  const guess = utc - offsetAt(utc, timeZone);
  return utc - offsetAt(guess, timeZone);
}

/** Clocks change at full quarters of an hour: within one, a zone's offset is asked for once. */
const QUARTER_MS = 15 * 60_000;
const zones = new Map<string, { format: Intl.DateTimeFormat; quarter: number; offsetMs: number }>();

/** @returns how far the zone is ahead of UTC at a moment, in milliseconds */
function offsetAt(ms: number, timeZone: string): number {
  const quarter = Math.floor(ms / QUARTER_MS);
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    zone = { format: formatOf(timeZone), quarter: Number.NaN, offsetMs: 0 };
    zones.set(timeZone, zone);
  }
  if (zone.quarter !== quarter) {
    zone.offsetMs = measureOffset(zone.format, quarter * QUARTER_MS);
    zone.quarter = quarter;
  }
  return zone.offsetMs;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    ...(timeZone === "local" ? {} : { timeZone }),
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

function measureOffset(format: Intl.DateTimeFormat, ms: number): number {
  const shown = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) - ms;
}
