import type { AlertView } from "@firebreak/protocol";
import { severityLabel } from "../kernel/index.ts";
import type { Profile } from "../kernel/index.ts";
import type { AlertRow } from "./lock-alert.ts";

const iso = (time: Date | null) => time?.toISOString() ?? null;

export function toAlertView(row: AlertRow, profile: Pick<Profile, "severities">): AlertView {
  return {
    id: row.id,
    ruleId: row.rule_id,
    source: row.source,
    kind: row.kind,
    key: row.key,
    occurrence: row.occurrence,
    title: row.title,
    level: row.level,
    severity: row.severity,
    severityLabel: severityLabel(profile, row.severity),
    incidentType: row.incident_type,
    status: row.status,
    agentId: row.agent_id,
    pack: row.pack,
    sessionId: row.session_id,
    sentence: row.sentence,
    detail: row.detail,
    firstEventAt: row.first_event_at.toISOString(),
    lastEventAt: row.last_event_at.toISOString(),
    occurrences: row.occurrences,
    eventIds: row.event_ids,
    labels: row.labels,
    annotations: row.annotations,
    links: row.links,
    notes: row.notes,
    disposition: row.disposition,
    decision: row.decision,
    falsePositive: row.false_positive,
    incidentId: row.incident_id,
    createdAt: row.created_at.toISOString(),
    endsAt: iso(row.ends_at),
    staleSince: iso(row.stale_since),
    acknowledgedAt: iso(row.acknowledged_at),
    acknowledgedBy: row.acknowledged_by,
    resolvedAt: iso(row.resolved_at),
    resolvedBy: row.resolved_by,
    resolution: row.resolution,
  };
}
