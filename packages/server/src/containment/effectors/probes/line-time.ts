const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** How far into a line its time is looked for. */
const LOOKED_AT_MAX = 300;
const YEAR_MS = 365 * 86_400_000;

const ISO = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/;
/** `[27/Nov/2026:18:21:38 +0000]`, as web servers write */
const COMMON = /(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})/;
/** `Nov 27 18:21:38`, RFC 3164: no year, local time; Redis turns day and month round and adds the year */
const SYSLOG = /(?:^|\s|>)([A-Z][a-z]{2})\s+(\d{1,2}) (\d\d):(\d\d):(\d\d)/;
const DAY_FIRST = /(?:^|\s)(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?/;
/** seconds or milliseconds since 1970 as a member of JSON, or at the line's start */
const EPOCH = /(?:^|"(?:time|ts|timestamp|@timestamp)"\s*:\s*"?)(\d{10}(?:\.\d{1,9})?|\d{13})\b/;

/**
 * When a line of a log was written, by the ways logs write it. A time without a zone is local.
 *
 * @returns milliseconds since 1970, or null when the line does not say
 */
export function readLineTime(line: string, nowMs: number): number | null {
  const head = line.slice(0, LOOKED_AT_MAX);
  return readIso(head) ?? readCommon(head) ?? readDayFirst(head) ?? readSyslog(head, nowMs) ?? readEpoch(head);
}

function readIso(head: string): number | null {
  const found = ISO.exec(head);
  if (found === null) return null;
  const [, year, month, day, hour, minute, second, fraction = "", zone = ""] = found;
  const millis = fraction.slice(0, 3).padEnd(3, "0");
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  return valid(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}${offset}`));
}

function readCommon(head: string): number | null {
  const [, day, name = "", year, hour, minute, second, zone = ""] = COMMON.exec(head) ?? [];
  if (day === undefined || !MONTHS.includes(name)) return null;
  const month = String(MONTHS.indexOf(name) + 1).padStart(2, "0");
  return valid(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone.slice(0, 3)}:${zone.slice(3)}`));
}

function readDayFirst(head: string): number | null {
  const [, day, name = "", year, hour, minute, second, millis = "0"] = DAY_FIRST.exec(head) ?? [];
  return day === undefined ? null : localTime(Number(year), name, [day, hour, minute, second, millis]);
}

function readSyslog(head: string, nowMs: number): number | null {
  const [, name = "", day, hour, minute, second] = SYSLOG.exec(head) ?? [];
  if (day === undefined) return null;
  const year = new Date(nowMs).getFullYear();
  const time = localTime(year, name, [day, hour, minute, second]);
  // in January the lines of December are of the year before
  return time !== null && time > nowMs + YEAR_MS / 12 ? localTime(year - 1, name, [day, hour, minute, second]) : time;
}

function localTime(year: number, monthName: string, parts: readonly (string | undefined)[]): number | null {
  const month = MONTHS.indexOf(monthName);
  const [day = 1, hour = 0, minute = 0, second = 0, millis = 0] = parts.map(Number);
  return month === -1 ? null : valid(new Date(year, month, day, hour, minute, second, millis).getTime());
}

function readEpoch(head: string): number | null {
  const text = EPOCH.exec(head)?.[1];
  if (text === undefined) return null;
  return valid(/^\d{13}$/.test(text) ? Number(text) : Number(text) * 1000);
}

function valid(time: number): number | null {
  return Number.isFinite(time) && time > 0 ? time : null;
}
