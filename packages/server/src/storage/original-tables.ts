import type { Actor, ErasureView, RedactionCategory } from "@firebreak/protocol";
import type { Generated } from "kysely";
import type { Json, Timestamp } from "./column-types.ts";

/** A destruction of keys. */
export interface ErasuresTable {
  id: string;
  at: Timestamp;
  actor: Json<Actor>;
  reason: string;
  scope: Json<ErasureView["scope"]>;
  keys: number;
}

/** One key encrypts the originals of one category of one agent's events of one day (UTC, by the source's clock). */
export interface OriginalKeysTable {
  id: string;
  agent_id: string;
  category: RedactionCategory;
  day: Date | string;
  /** the key that it is encrypted with */
  kek_id: string;
  /** null: destroyed */
  wrapped: Buffer | null;
  created_at: Timestamp;
  erasure_id: string | null;
}

/** What was taken out of one event, of one category, encrypted. */
export interface OriginalsTable {
  event_id: string;
  event_time: Timestamp;
  category: RedactionCategory;
  key_id: string;
  sealed: Buffer;
}

export interface RevealsTable {
  seq: Generated<string>;
  at: Timestamp;
  actor_id: string;
  actor: Json<Actor>;
  event_id: string;
  categories: RedactionCategory[];
  reason: string;
}

export interface OriginalSchema {
  erasures: ErasuresTable;
  original_keys: OriginalKeysTable;
  originals: OriginalsTable;
  reveals: RevealsTable;
}
