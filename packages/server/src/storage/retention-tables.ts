import type {
  Actor,
  LegalHoldScope,
  PersonErasure,
  PersonErasureState,
  PersonErasureStore,
  RetentionClass,
  RetentionNoticeState,
  RetentionReport,
} from "@firebreak/protocol";
import type { ColumnType, Generated } from "kysely";
import type { Json, NullableJson, NullableTimestamp, Timestamp } from "./column-types.ts";

/** While `released_at` is null, nothing in its scope is deleted or taken out of the database. */
export interface LegalHoldsTable {
  id: string;
  case_id: string;
  scope: LegalHoldScope;
  target: string | null;
  range_from: NullableTimestamp;
  range_to: NullableTimestamp;
  reason: string;
  applied_by: Json<Actor>;
  applied_at: Timestamp;
  released_at: NullableTimestamp;
  released_by: NullableJson<Actor>;
  release_reason: string | null;
}

/** Deletions that are announced: of a class, and of one pack or of what no other schedule of the class names. */
export interface RetentionNoticesTable {
  id: string;
  class: RetentionClass;
  pack: string | null;
  covers_from: NullableTimestamp;
  covers_before: Timestamp;
  row_count: string;
  announced_at: Timestamp;
  due_at: Timestamp;
  state: RetentionNoticeState;
  ended_at: NullableTimestamp;
  ended_by: NullableJson<Actor>;
  reason: string | null;
  deleted: Generated<string>;
  held: Generated<string>;
}

/** Files of the archive, below `archive` of the home. */
export interface ArchiveSegmentsTable {
  id: string;
  class: RetentionClass;
  pack: string | null;
  table_name: string;
  /** below the home: `archive/warm/events/2026-03/seg_….ndjson.gz` */
  file: string;
  tier: "warm" | "cold";
  oldest: Timestamp;
  newest: Timestamp;
  row_count: string;
  bytes: string;
  sha256: string;
  /** places in the log, when its rows are entries of it */
  first_entry: string | null;
  last_entry: string | null;
  created_at: Timestamp;
  /** the legal hold that kept it when its time came */
  held_by: string | null;
  deleted_at: NullableTimestamp;
}

/** What the last pass did. One row. */
export interface RetentionStateTable {
  id: number;
  last_started_at: NullableTimestamp;
  last_report: NullableJson<RetentionReport>;
}

/** A wish to be forgotten. What is looked for stands here only as long as it is looked for. */
export interface PersonErasuresTable {
  id: string;
  state: PersonErasureState;
  terms: NullableJson<PersonTerms>;
  also: Json<PersonErasure["also"]>;
  reason: string;
  requested_by: Json<Actor>;
  requested_at: Timestamp;
  looked_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  findings: ColumnType<Omit<PersonErasureStore, "erased">[], string | undefined, string>;
  /** how many rows by store, counted as they were erased */
  erased: ColumnType<Record<string, number>, string | undefined, string>;
  problem: string | null;
  next_at: Timestamp;
  holder: ColumnType<string | null, string | null | undefined, string | null>;
}

export interface PersonTerms {
  readonly values: string[];
  readonly patterns: string[];
  /** makes the digest that stands in the audit log tell nothing, once it is forgotten */
  readonly salt: string;
}

export interface RetentionSchema {
  person_erasures: PersonErasuresTable;
  legal_holds: LegalHoldsTable;
  retention_notices: RetentionNoticesTable;
  archive_segments: ArchiveSegmentsTable;
  retention_state: RetentionStateTable;
}
