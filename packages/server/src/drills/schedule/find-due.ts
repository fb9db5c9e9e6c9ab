import { Temporal } from "temporal-polyfill";
import type { DrillResult } from "@firebreak/protocol";
import type { DrillSettings } from "../../kernel/index.ts";

const DAY_MS = 86_400_000;
/** Drills begin in these hours after the time of day, one after the other; what does not fit waits for the next day. */
const WINDOW_MS = 4 * 3_600_000;
/** Beside the time between two drills: a night that was missed is no reason to wake anybody. */
const GRACE_MS = 2 * DAY_MS;

/** What is known of one playbook that has a drill. Times are milliseconds since 1970. */
export interface DrilledPlaybook {
  readonly id: string;
  /** since when it is to be drilled by itself */
  readonly sinceMs: number;
  readonly lastDrill: { readonly atMs: number; readonly result: DrillResult } | null;
  readonly lastProvenMs: number | null;
}

export interface DueDrills {
  /** to be drilled now, longest waited first */
  readonly due: readonly string[];
  /** not shown to work for longer than was promised */
  readonly overdue: readonly string[];
  /** the newest drill did not pass */
  readonly failed: readonly string[];
}

/** Decides which drills are due, which are overdue, and which went wrong. What went wrong is tried again every day. */
export function findDue(
  settings: Pick<DrillSettings, "every" | "at"> & { readonly timeZone: string },
  playbooks: readonly DrilledPlaybook[],
  nowMs: number,
): DueDrills {
  const everyMs = Number.parseInt(settings.every, 10) * DAY_MS;
  const didNotPass = ({ lastDrill }: DrilledPlaybook) =>
    lastDrill?.result === "failed" || lastDrill?.result === "not_run";
  const dueAtMs = (playbook: DrilledPlaybook) => {
    if (playbook.lastDrill === null) return playbook.sinceMs;
    // the same hour of the day comes a little early after a drill that took its time
    const waitMs = didNotPass(playbook) ? DAY_MS : everyMs;
    return playbook.lastDrill.atMs + waitMs - WINDOW_MS;
  };
  const due = isOpen(settings, nowMs) ? playbooks.filter((playbook) => dueAtMs(playbook) <= nowMs) : [];
  const isOverdue = ({ lastProvenMs, sinceMs }: DrilledPlaybook) =>
    nowMs - Math.max(lastProvenMs ?? 0, sinceMs) > everyMs + GRACE_MS;
  return {
    due: due.toSorted((one, other) => dueAtMs(one) - dueAtMs(other)).map(({ id }) => id),
    overdue: playbooks.filter(isOverdue).map(({ id }) => id),
    failed: playbooks.filter(didNotPass).map(({ id }) => id),
  };
}

/** Yesterday's hours may go on past midnight. */
function isOpen({ at, timeZone }: { readonly at: string; readonly timeZone: string }, nowMs: number): boolean {
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone).toPlainDate();
  const plainTime = Temporal.PlainTime.from(at);
  return [today.subtract({ days: 1 }), today].some((date) => {
    const beginMs = date.toZonedDateTime({ timeZone, plainTime }).epochMilliseconds;
    return nowMs >= beginMs && nowMs < beginMs + WINDOW_MS;
  });
}
