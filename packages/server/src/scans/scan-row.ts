import type { ScanHit, ScanView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import type { IndicatorScanHitsTable, IndicatorScansTable } from "../storage/index.ts";

export type ScanRow = Selectable<IndicatorScansTable>;
export type ScanHitRow = Selectable<IndicatorScanHitsTable>;

/** @param hits of the scan */
export function viewScan(row: ScanRow, hits: number): ScanView {
  const { kind, name } = row.requested_by;
  return {
    id: row.id,
    state: row.state,
    target: row.target,
    automatic: row.after_version !== null,
    alert: row.alert,
    requestedBy: { kind, name },
    requestedAt: row.requested_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    indicators: row.indicators,
    examined: Number(row.examined),
    bytes: Number(row.bytes),
    share: row.share,
    hits,
    alerts: row.alerts,
    skipped: row.skipped,
    skippedTotal: row.skipped_total,
    problem: row.problem,
  };
}

export function viewHit(row: ScanHitRow): ScanHit {
  return {
    indicatorId: row.indicator_id,
    type: row.type,
    value: row.value,
    source: row.source,
    severity: row.severity,
    place: row.place,
    agentId: row.agent_id,
    sessionId: row.session_id,
    archiveId: row.archive_id,
    count: Number(row.count),
    live: Number(row.live),
    firstAt: row.first_at?.toISOString() ?? null,
    lastAt: row.last_at?.toISOString() ?? null,
    path: row.path,
    samples: row.samples,
    alertId: row.alert_id,
  };
}
