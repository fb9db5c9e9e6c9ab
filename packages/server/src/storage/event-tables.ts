import type { Generated } from "kysely";
import type { Timestamp } from "./column-types.ts";

/** Telemetry, partitioned by `time` (the source's clock). `body` is the canonical JSON (RFC 8785) of the whole event. */
export interface EventsTable {
  seq: Generated<string>;
  id: string;
  time: Timestamp;
  received_at: Timestamp;
  source: string;
  agent_id: string;
  pack: string | null;
  session_id: string | null;
  run_id: string | null;
  kind: string;
  outcome: string;
  risk: string | null;
  body: string;
}

/** How far the index of the search has come. One row. */
export interface EventIndexStateTable {
  id: number;
  /** events up to here lie in blocks and are counted */
  last_seq: string;
  /** blocks up to this one have their signature */
  signed_last_block: string;
}

/** Some hundred events of one day, neighbours by `seq`: whether to look into them is decided by what they have in common. */
export interface EventBlocksTable {
  first_seq: string;
  last_seq: string;
  /** the day (UTC) of all its events, as 2026-03-01 */
  day: string;
  events: number;
  /** of their bodies */
  bytes: string;
  min_time: Timestamp;
  max_time: Timestamp;
  /** such as `kind=command`: what at least one of its events has */
  marks: string[];
}

/**
 * Numbers of events, kept exact however late they come: by minute (kind, outcome, risk), by hour (pack too) and by day
 * (agent too). What a step does not tell apart, or an event does not have, is the empty text.
 */
export interface EventCountsTable {
  step: "minute" | "hour" | "day";
  at: Timestamp;
  agent_id: string;
  pack: string;
  kind: string;
  outcome: string;
  risk: string;
  events: string;
}
