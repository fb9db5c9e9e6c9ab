import type {
  Actor,
  AlertLink,
  Matcher,
  StageDecision,
  WeeklyWindow,
  AlertDisposition,
  AlertResolution,
  IncidentType,
  Severity,
  FalsePositive,
} from "@firebreak/protocol";
import type { ColumnType, Generated } from "kysely";
import type { Json, NullableJson, NullableTimestamp, Timestamp } from "./column-types.ts";

export interface AlertsTable {
  id: string;
  /** one alert per fingerprint is open: of a rule, agent and session, or of a source and its key */
  fingerprint: string;
  /** null for what a sender reported */
  rule_id: string | null;
  /** who says so: `detection`, or a configured source */
  source: string;
  /** `sigma`, or the sender's format */
  kind: string;
  key: string;
  /** 1 for the first alert of this fingerprint, 2 for the one after it was resolved … */
  occurrence: number;
  /** what matchers see: the sender's labels and those filled in */
  labels: Json<Record<string, string>>;
  annotations: Json<Record<string, string>>;
  links: Json<AlertLink[]>;
  /** what was read otherwise than it was sent */
  notes: Json<string[]>;
  /** what the sender groups by */
  group_key: string | null;
  /** resolves by itself then, unless heard again */
  ends_at: NullableTimestamp;
  /** counts as stale from then, unless heard again */
  stale_at: NullableTimestamp;
  stale_since: NullableTimestamp;
  acknowledged_at: NullableTimestamp;
  acknowledged_by: NullableJson<Actor>;
  resolved_at: NullableTimestamp;
  resolved_by: NullableJson<Actor>;
  resolution: AlertResolution | null;
  disposition: Generated<AlertDisposition>;
  /** the reason of every stage of the pipeline, in order */
  decision: ColumnType<StageDecision[], string | undefined, string>;
  /** what holds it: id of a silence, a maintenance window or an alert, name of a route */
  held_by: string | null;
  /** the pipeline looks at it again then */
  decide_at: NullableTimestamp;
  /** when it opened or joined an incident */
  told_at: NullableTimestamp;
  title: string;
  level: string;
  severity: Severity;
  incident_type: IncidentType;
  status: "open" | "resolved";
  agent_id: string | null;
  pack: string | null;
  session_id: string | null;
  sentence: string;
  detail: Json<unknown>;
  first_event_at: Timestamp;
  last_event_at: Timestamp;
  occurrences: number;
  event_ids: Json<string[]>;
  /** set when a person marked it as false */
  false_positive: NullableJson<FalsePositive>;
  incident_id: string | null;
  created_at: Timestamp;
  updated_at: Timestamp;
}

/** Mutes that people set; never changed but for their early end: an edit is a new row that replaces the old. */
export interface SilencesTable {
  id: string;
  kind: "silence" | "maintenance";
  matchers: Json<Matcher[]>;
  owner: string;
  reason: string;
  starts_at: Timestamp;
  ends_at: Timestamp;
  /** null: all the time from `starts_at` to `ends_at` */
  weekly: NullableJson<WeeklyWindow>;
  mutes_containment: boolean;
  replaces: string | null;
  created_by: Json<Actor>;
  created_at: Timestamp;
  /** ended by a person before `ends_at` */
  expired_at: NullableTimestamp;
  expired_by: NullableJson<Actor>;
  expire_reason: string | null;
}

export interface AlertSchema {
  alerts: AlertsTable;
  silences: SilencesTable;
}
