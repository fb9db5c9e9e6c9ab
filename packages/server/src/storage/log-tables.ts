import type { Actor } from "@firebreak/protocol";
import type { ColumnType, Generated } from "kysely";
import type { Json, NullableTimestamp, Timestamp } from "./column-types.ts";

/** Every act of a person, token, rule or daemon. `leaf` is the canonical JSON that is hashed (RFC 6962 leaf). */
interface AuditLogTable {
  seq: Generated<string>;
  at: Timestamp;
  actor: Json<Actor>;
  action: string;
  target: string | null;
  leaf: string;
  leaf_hash: Buffer;
  /** its place in the tree; null until it is there */
  leaf_index: ColumnType<string | null, string | null | undefined, string | null>;
}

/** How far the tree over events and acts has grown. One row. */
interface LogStateTable {
  id: number;
  /** the log's name */
  origin: string;
  size: string;
  last_event_seq: string;
  /** the newest signed checkpoint */
  note: string;
  signed_at: Timestamp;
}

/**
 * Tiles of the tree (C2SP tlog-tiles): 32 bytes a hash. Beside those of level 0: what each leaf is, eight bytes,
 * big-endian, signed: the `seq` of an event, or less than zero that of an act.
 */
interface LogTilesTable {
  level: number;
  index: string;
  hashes: Buffer;
  refs: Buffer | null;
  /** of level 0: the newest event in it or before it */
  last_event_seq: string | null;
}

/** Checkpoints that are kept, so that a change of history is found and told between which of them it happened. */
interface LogHeadsTable {
  size: string;
  at: Timestamp;
  note: string;
}

/** Keys that sign or signed: one per home, and those that handed over to it. */
interface LogKeysTable {
  verifier_key: string;
  at: Timestamp;
  /** the note by which the key before handed over to this one */
  change: string | null;
  /** until then the key before signs too */
  overlap_until: NullableTimestamp;
}

/** How far a witness has come with this log. */
interface LogWitnessesTable {
  name: string;
  /** entries of the newest checkpoint that it is known to have cosigned */
  size: Generated<string>;
  asked_at: NullableTimestamp;
  cosigned_at: NullableTimestamp;
  /** what is wrong with it, or with the log in its eyes */
  problem: string | null;
  /** null while nothing is wrong */
  failing_since: NullableTimestamp;
  /** it saw another history: the problem is the log's, not the witness's */
  contradicts: Generated<boolean>;
}

/** Signature lines of witnesses, under kept checkpoints. */
interface LogCosignaturesTable {
  size: string;
  /** name and id of its key */
  witness: string;
  at: Timestamp;
  line: string;
}

/** How far checkpoints have come to a place outside. */
interface LogShipmentsTable {
  destination: string;
  /** entries of the newest checkpoint that is there */
  size: Generated<string>;
  shipped_at: NullableTimestamp;
  /** since when the log holds more; null while it does not */
  behind_since: NullableTimestamp;
  tries: Generated<number>;
  /** no sooner; while it is under way, when another node may take it for given up */
  next_try_at: Timestamp;
  problem: string | null;
  /** of the first try that failed since the last one that went well */
  failing_since: NullableTimestamp;
}

export interface LogSchema {
  audit_log: AuditLogTable;
  log_state: LogStateTable;
  log_tiles: LogTilesTable;
  log_heads: LogHeadsTable;
  log_keys: LogKeysTable;
  log_witnesses: LogWitnessesTable;
  log_cosignatures: LogCosignaturesTable;
  log_shipments: LogShipmentsTable;
}
