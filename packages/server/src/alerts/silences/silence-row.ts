import type { SilenceState, SilenceView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { compileMatchers, formatMatchers } from "../../kernel/index.ts";
import type { SilencesTable } from "../../storage/index.ts";
import type { Mute } from "../pipeline/types.ts";
import { weeklyOpenUntil } from "./weekly-window.ts";

export type SilenceRow = Selectable<SilencesTable>;

/** @returns when the stretch of the silence that is on at `now` ends, or null when none is; milliseconds since 1970 */
export function silencedUntil(row: Pick<SilenceRow, "starts_at" | "ends_at" | "weekly" | "expired_at">, now: number) {
  const end = Math.min(row.ends_at.getTime(), row.expired_at?.getTime() ?? Number.POSITIVE_INFINITY);
  if (now < row.starts_at.getTime() || now >= end) return null;
  if (row.weekly === null) return end;
  const until = weeklyOpenUntil(row.weekly, now);
  return until === null ? null : Math.min(until, end);
}

export function silenceStateOf(row: SilenceRow, now: number): SilenceState {
  if (row.expired_at !== null || row.ends_at.getTime() <= now) return "expired";
  if (row.starts_at.getTime() > now) return "pending";
  return silencedUntil(row, now) === null ? "waiting" : "active";
}

/** A pattern that cannot be compiled any more mutes nothing. */
export function toMute(row: SilenceRow): Mute {
  const test = compileMatchers(row.matchers);
  return {
    id: row.id,
    mutesContainment: row.mutes_containment,
    matches: test.ok ? test.value : () => false,
    activeUntil: (now) => silencedUntil(row, now),
  };
}

const iso = (time: Date | null) => time?.toISOString() ?? null;

/** @param holding how many open alerts it holds back now */
export function toSilenceView(row: SilenceRow, now: number, holding: number): SilenceView {
  const until = silencedUntil(row, now);
  return {
    id: row.id,
    kind: row.kind,
    state: silenceStateOf(row, now),
    matchers: row.matchers,
    matchersText: formatMatchers(row.matchers),
    owner: row.owner,
    reason: row.reason,
    startsAt: row.starts_at.toISOString(),
    endsAt: row.ends_at.toISOString(),
    weekly: row.weekly,
    activeUntil: until === null ? null : new Date(until).toISOString(),
    mutesContainment: row.mutes_containment,
    holding,
    replaces: row.replaces,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiredAt: iso(row.expired_at),
    expiredBy: row.expired_by,
    expireReason: row.expire_reason,
  };
}
