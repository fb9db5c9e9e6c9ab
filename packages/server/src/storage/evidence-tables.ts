import type { Actor } from "@firebreak/protocol";
import type { ColumnType, Generated } from "kysely";
import type { Json, NullableTimestamp, Timestamp } from "./column-types.ts";

export interface EvidenceArchivesTable {
  id: string;
  incident_id: string | null;
  session_id: string | null;
  agent_id: string | null;
  reason: string;
  directory: string;
  manifest_sha256: string;
  items: number;
  degraded_items: number;
  bytes: string;
  collected_at: Timestamp;
  collected_by: Json<Actor>;
  /** `immutable`, or why the files are only without the right to write; null until they are sealed */
  seal: ColumnType<string | null, string | null | undefined, string>;
  failed_items: ColumnType<number, number | undefined, number>;
  verified_at: NullableTimestamp;
  /** what the newest verification found; null before the first */
  verified_intact: ColumnType<boolean | null, boolean | null | undefined, boolean>;
}

/** The copy of an archive in an object store; it may outlive the archive. */
export interface EvidenceCopiesTable {
  archive_id: string;
  place: string;
  /** `deleting`: the archive was deleted, and the store still has some of the copy */
  state: "waiting" | "stored" | "failed" | "deleting";
  objects: number;
  bytes: string;
  /** every object is under the lock that was asked for */
  locked: boolean;
  attempts: number;
  next_at: Timestamp;
  last_error: string | null;
  stored_at: Timestamp | null;
  /** lies in a store that is no longer the one that archives are copied into */
  former: Generated<boolean>;
  /** by the lock that was asked for when it was stored */
  locked_until: NullableTimestamp;
  /** the archive's row as it was when it was deleted: what legal holds are looked for in */
  archive: ColumnType<string | null, string | null | undefined>;
  asked_at: NullableTimestamp;
  /** versions that the store did not delete when that was tried last */
  refused: Generated<number>;
  /** the legal hold of the store; `setting`: some of its objects may be under it */
  hold: Generated<"off" | "setting" | "on" | "refused">;
  hold_error: ColumnType<string | null, string | null | undefined>;
  hold_next_at: NullableTimestamp;
}

export interface EvidenceSchema {
  evidence_archives: EvidenceArchivesTable;
  evidence_copies: EvidenceCopiesTable;
}
