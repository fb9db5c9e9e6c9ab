import type { IndicatorEffect, IndicatorType, Severity, TlpLevel } from "@firebreak/protocol";
import type { NullableTimestamp, Timestamp } from "./column-types.ts";

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

export interface IndicatorSchema {
  indicators: IndicatorsTable;
  indicator_version: IndicatorVersionTable;
}
