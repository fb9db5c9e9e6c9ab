import { SEVERITY_NAMES } from "@firebreak/protocol";
import type { ClockView, Severity } from "@firebreak/protocol";

/** The profile's label and the canonical name: `SEV-1 (critical)`. */
export function severityText(label: string, severity: Severity): string {
  return `${label} (${SEVERITY_NAMES[severity]})`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration for people: `850 ms`, `4.2 s`, `12 min`, `3 h`, `2 d`. Each bound is where rounding reaches the next unit. */
export function durationText(ms: number): string {
  if (ms < SECOND - 0.5) return `${Math.round(ms)} ms`;
  if (ms < MINUTE - 50) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR - MINUTE / 2) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY - HOUR / 2) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} d`;
}

/** @returns a time (ISO 8601, UTC) as people read it: `2026-01-02 03:04:05` */
export function timeText(iso: string): string {
  return iso.replace("T", " ").replace(/(\.\d+)?Z$/, "");
}

export function clockText(clock: ClockView, nowMs: number): string {
  const due = Date.parse(clock.dueAt);
  if (clock.stoppedAt !== null) return `${clock.kind}: ${clock.breached ? "missed" : "met"}`;
  return due >= nowMs
    ? `${clock.kind}: ${durationText(due - nowMs)} left`
    : `${clock.kind}: breached ${durationText(nowMs - due)} ago`;
}
