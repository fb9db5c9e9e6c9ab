import type { ClockKind } from "@firebreak/protocol";
import type { ReviewFacts } from "./types.ts";

/** One step of the way from the beginning to the resolution, against its target. */
export interface Measure {
  readonly name: "Detected" | "Acknowledged" | "Contained" | "Resolved";
  readonly from: "began" | "detected";
  readonly at: Date | null;
  /** milliseconds from `from` to `at`; null when it has not happened */
  readonly tookMs: number | null;
  /** milliseconds; null when the profile sets none */
  readonly targetMs: number | null;
  readonly result: "met" | "missed" | "running" | "no target" | "not recorded";
}

/** @returns detection, acknowledgement, containment and resolution as they were recorded */
export function measure(facts: ReviewFacts, now: number): Measure[] {
  const { incident } = facts;
  const beganMs = incident.detected_at.getTime() - incident.began_at.getTime();
  const detected: Measure = {
    name: "Detected",
    from: "began",
    at: incident.detected_at,
    tookMs: beganMs,
    targetMs: null,
    result: "no target",
  };
  return [
    detected,
    measureClock(facts, "Acknowledged", "respond", incident.acknowledged_at, now),
    measureClock(facts, "Contained", "contain", incident.contained_at, now),
    measureClock(facts, "Resolved", "resolve", incident.resolved_at, now),
  ];
}

function measureClock(
  facts: ReviewFacts,
  name: Measure["name"],
  kind: ClockKind,
  at: Date | null,
  now: number,
): Measure {
  const clock = facts.clocks.find((candidate) => candidate.kind === kind);
  const tookMs = at === null ? null : at.getTime() - facts.incident.detected_at.getTime();
  const targetMs = clock === undefined ? null : clock.due_at.getTime() - clock.started_at.getTime();
  return { name, from: "detected", at, tookMs, targetMs, result: judge(clock, at, now) };
}

function judge(clock: ReviewFacts["clocks"][number] | undefined, at: Date | null, now: number): Measure["result"] {
  if (clock === undefined) return at === null ? "not recorded" : "no target";
  if (clock.breached_at !== null || (at?.getTime() ?? 0) > clock.due_at.getTime()) return "missed";
  if (at !== null) return "met";
  if (clock.stopped_at !== null) return "not recorded";
  return now > clock.due_at.getTime() ? "missed" : "running";
}
