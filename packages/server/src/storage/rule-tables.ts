import type { Actor, ReplayResult, ReplayState } from "@firebreak/protocol";
import type { Json, NullableJson, NullableTimestamp, Timestamp } from "./column-types.ts";

/** How often a rule matched in an hour, by our clock. */
export interface RuleHitsTable {
  rule_id: string;
  hour: Timestamp;
  hits: number;
  last_at: Timestamp;
}

/** Stored events run against rules, on request. `rules`: texts that came with the request, dropped when it ended. */
export interface ReplaysTable {
  id: string;
  state: ReplayState;
  range_from: Timestamp;
  range_to: Timestamp;
  rule_ids: NullableJson<string[]>;
  rule_files: number | null;
  rules: NullableJson<{ name: string; text: string }[]>;
  requested_by: Json<Actor>;
  requested_at: Timestamp;
  started_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  events: number;
  matches: number;
  share: number;
  problem: string | null;
  result: NullableJson<ReplayResult>;
}
