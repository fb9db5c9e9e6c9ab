import type { AgentEvent } from "@firebreak/protocol";
import type { Match } from "@firebreak/sigma";
import type { Labels } from "../kernel/index.ts";

/** Label of alerts about what was told long after it happened, such as lines of old files. */
export const LATE_LABEL = "firebreak_late";

interface Told {
  readonly match: Pick<Match, "lastTime">;
  readonly event: Pick<AgentEvent, "receivedTime"> | undefined;
}

const MINUTE_MS = 60_000;
/** When nobody says how late is too late. */
const LATE_MS = 60 * MINUTE_MS;

/** @returns whether the event that completed the match was told too late to act on it at once; an absence never is */
export function cameLate({ match, event }: Told, lateMs = LATE_MS): boolean {
  return event !== undefined && Date.parse(event.receivedTime) - match.lastTime > lateMs;
}

export const isLate = (labels: Labels): boolean => labels[LATE_LABEL] === "true";
