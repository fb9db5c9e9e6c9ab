import type { ReplaySummary, ReplayView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import type { ReplaysTable } from "../../storage/index.ts";

/** All columns but the large ones. */
export const SUMMARY_COLUMNS = [
  "id",
  "state",
  "range_from",
  "range_to",
  "rule_ids",
  "rule_files",
  "requested_by",
  "requested_at",
  "started_at",
  "ended_at",
  "events",
  "matches",
  "share",
  "problem",
] as const satisfies readonly (keyof ReplaysTable)[];

type SummaryRow = Pick<Selectable<ReplaysTable>, (typeof SUMMARY_COLUMNS)[number]>;

export function viewSummary(row: SummaryRow): ReplaySummary {
  return {
    id: row.id,
    state: row.state,
    from: row.range_from.toISOString(),
    to: row.range_to.toISOString(),
    ruleIds: row.rule_ids,
    ruleFiles: row.rule_files,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    progress: { events: row.events, matches: row.matches, share: row.share },
    problem: row.problem,
  };
}

export function viewReplay(row: SummaryRow & Pick<Selectable<ReplaysTable>, "result">): ReplayView {
  return { ...viewSummary(row), result: row.result };
}
