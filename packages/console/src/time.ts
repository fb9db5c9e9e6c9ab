/** Times as people read them. Everything takes `nowMs`; the clock itself is in hooks/use-now.ts. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const pad = (value: number) => String(value).padStart(2, "0");

/** A span in milliseconds, coarser the longer it is: "840 ms", "12s", "4m 05s", "20m", "1h 05m", "2d 3h". */
export function formatSpan(ms: number): string {
  const span = Math.max(0, ms);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)}s`;
  if (span < 10 * MINUTE) return `${Math.floor(span / MINUTE)}m ${pad(Math.floor((span % MINUTE) / SECOND))}s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)}m`;
  if (span < DAY) return `${Math.floor(span / HOUR)}h ${pad(Math.floor((span % HOUR) / MINUTE))}m`;
  return `${Math.floor(span / DAY)}d ${Math.floor((span % DAY) / HOUR)}h`;
}

/** A latency in milliseconds: "84 ms", "1.2 s", "12 s". */
export function formatLatency(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  return `${Math.round(ms / SECOND)} s`;
}

/** A span in whole minutes from one minute on: "37s", "8m", "1h 05m". */
function formatCoarse(ms: number): string {
  return ms >= MINUTE && ms < 10 * MINUTE ? `${Math.floor(ms / MINUTE)}m` : formatSpan(ms);
}

/** "just now", "5m ago", "in 20m". */
export function formatRelative(atMs: number, nowMs: number): string {
  const span = nowMs - atMs;
  if (Math.abs(span) < 5 * SECOND) return "just now";
  const text = formatCoarse(Math.abs(span));
  return span > 0 ? `${text} ago` : `in ${text}`;
}

export function formatUtc(atMs: number): string {
  return `${new Date(atMs).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

const LOCAL_TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const LOCAL_DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

/** The time of day here, with the day in front when it is not today. */
export function formatLocal(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const sameDay = at.toDateString() === new Date(nowMs).toDateString();
  return sameDay ? LOCAL_TIME.format(at) : `${LOCAL_DAY.format(at)}, ${LOCAL_TIME.format(at)}`;
}

/** The zone that times of day are shown in, with how far it is from UTC now: "Europe/Berlin (GMT+1)". */
export function zoneHere(): string {
  const format = new Intl.DateTimeFormat("en", { timeZoneName: "shortOffset" });
  const offset = format.formatToParts(new Date()).find(({ type }) => type === "timeZoneName")?.value;
  const { timeZone } = format.resolvedOptions();
  return offset === undefined || offset === timeZone ? timeZone : `${timeZone} (${offset})`;
}

export interface ClockReading {
  readonly text: string;
  readonly state: "running" | "soon" | "breached" | "met" | "missed";
  /** the part of the time that is gone, 0 to 1 */
  readonly elapsed: number;
}

interface ClockTimes {
  readonly startedAt: string;
  readonly dueAt: string;
  readonly stoppedAt: string | null;
}

/** A quarter of the time left is "soon". */
const SOON = 0.75;

/** What a clock says now: "20m left", "breached 5m ago", "met in 3m 10s", "missed by 4m". */
export function readClock(clock: ClockTimes, nowMs: number): ClockReading {
  const started = Date.parse(clock.startedAt);
  const due = Date.parse(clock.dueAt);
  if (clock.stoppedAt !== null) {
    const stopped = Date.parse(clock.stoppedAt);
    return stopped <= due
      ? { text: `met in ${formatSpan(stopped - started)}`, state: "met", elapsed: 1 }
      : { text: `missed by ${formatSpan(stopped - due)}`, state: "missed", elapsed: 1 };
  }
  if (nowMs >= due) return { text: `breached ${formatCoarse(nowMs - due)} ago`, state: "breached", elapsed: 1 };
  const elapsed = due > started ? Math.max(0, (nowMs - started) / (due - started)) : 1;
  return { text: `${formatSpan(due - nowMs)} left`, state: elapsed >= SOON ? "soon" : "running", elapsed };
}

/** Bytes as "1.2 MB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ""}`;
}
