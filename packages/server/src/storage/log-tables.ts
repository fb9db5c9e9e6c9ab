import type { Timestamp } from "./column-types.ts";

/** How far the tree over events and acts has grown. One row. */
export interface LogStateTable {
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
export interface LogTilesTable {
  level: number;
  index: string;
  hashes: Buffer;
  refs: Buffer | null;
  /** of level 0: the newest event in it or before it */
  last_event_seq: string | null;
}

/** Checkpoints that are kept, so that a change of history is found and told between which of them it happened. */
export interface LogHeadsTable {
  size: string;
  at: Timestamp;
  note: string;
}

/** Keys that signed: one per home. */
export interface LogKeysTable {
  verifier_key: string;
  at: Timestamp;
}
