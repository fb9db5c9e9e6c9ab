import type {
  Actor,
  IndicatorEffect,
  IndicatorType,
  ScanSkip,
  ScanState,
  ScanTarget,
  Severity,
  TlpLevel,
} from "@firebreak/protocol";
import type { ColumnType, Generated } from "kysely";
import type { Json, NullableTimestamp, Timestamp } from "./column-types.ts";

/** What is reported, or never reported, when it is met in an event. */
export interface IndicatorsTable {
  id: string;
  effect: IndicatorEffect;
  type: IndicatorType;
  /** in the form of `normalizeIndicator` */
  value: string;
  source: string;
  severity: Severity;
  description: string | null;
  /** how sure the source is, percent */
  confidence: number | null;
  tlp: TlpLevel | null;
  /** `version` of the list with which it came */
  since_version: number;
  created_by: string;
  created_at: Timestamp;
  updated_at: Timestamp;
  expires_at: NullableTimestamp;
}

/** One row. */
interface IndicatorVersionTable {
  version: number;
}

type BigInteger = ColumnType<string, number | undefined, number>;

/** Indicators looked for in what is stored. */
export interface IndicatorScansTable {
  id: string;
  state: ScanState;
  target: Json<ScanTarget>;
  /** only indicators that came with a later version of the list, up to `through_version`; null: all */
  after_version: number | null;
  through_version: number | null;
  alert: boolean;
  requested_by: Json<Actor>;
  requested_at: Timestamp;
  started_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  /** the last event or file that was looked at whole */
  cursor: string | null;
  indicators: Generated<number>;
  examined: BigInteger;
  bytes: BigInteger;
  share: Generated<number>;
  alerts: Generated<number>;
  skipped: ColumnType<ScanSkip[], string | undefined, string>;
  skipped_total: Generated<number>;
  problem: string | null;
}

/** One indicator in one place. */
export interface IndicatorScanHitsTable {
  scan_id: string;
  indicator_id: string;
  place: string;
  type: IndicatorType;
  value: string;
  source: string;
  severity: Severity;
  agent_id: string | null;
  pack: string | null;
  session_id: string | null;
  archive_id: string | null;
  count: BigInteger;
  /** of them, those that were told of when they arrived */
  live: BigInteger;
  first_at: NullableTimestamp;
  last_at: NullableTimestamp;
  path: string;
  /** numbers of events or lines */
  samples: Json<number[]>;
  /** id of the newest event that was not told of */
  last_event: string | null;
  alert_id: string | null;
}

/** One row: up to which version new indicators were looked for in the past. */
interface IndicatorLookBackTable {
  version: number;
}

export interface IndicatorSchema {
  indicator_scans: IndicatorScansTable;
  indicator_scan_hits: IndicatorScanHitsTable;
  indicator_look_back: IndicatorLookBackTable;
  indicators: IndicatorsTable;
  indicator_version: IndicatorVersionTable;
}
