import type { Actor, DrillRecord, DrillResult } from "@firebreak/protocol";
import type { Json, NullableTimestamp, Timestamp } from "./column-types.ts";

/** One drill of a playbook, made in a sandbox of its own; never part of the incidents of this database. */
export interface DrillsTable {
  id: string;
  playbook_id: string;
  playbook_hash: string;
  result: DrillResult;
  started_at: Timestamp;
  ended_at: Timestamp;
  record: Json<DrillRecord>;
  recorded_at: Timestamp;
  recorded_by: Json<Actor>;
}

/** A playbook that is drilled by itself. */
export interface DrillScheduleTable {
  playbook_id: string;
  since: Timestamp;
  /** while it is being drilled */
  claimed_at: NullableTimestamp;
}

export interface DrillSchema {
  drills: DrillsTable;
  drill_schedule: DrillScheduleTable;
}
