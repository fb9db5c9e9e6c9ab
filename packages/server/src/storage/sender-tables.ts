/** The tables of senders: who may send, what was refused, what was changed. */
import type { Actor, Severity, SourceKind } from "@firebreak/protocol";
import type { ColumnType, Generated } from "kysely";
import type { Json, NullableJson, NullableTimestamp, Timestamp } from "./column-types.ts";

/** Senders of other vendors that are let in. Counters are written now and then, not with every message. */
export interface SourcesTable {
  id: string;
  name: string;
  kind: SourceKind;
  /** SHA-256 of the key */
  key_hash: string;
  previous_key_hash: string | null;
  previous_key_until: NullableTimestamp;
  /** until then its old address works too */
  previous_name: string | null;
  previous_name_until: NullableTimestamp;
  /** until then messages proved by this are taken too; null: by the key */
  previous_signature: NullableJson<Record<string, unknown>>;
  previous_signature_until: NullableTimestamp;
  strict: boolean;
  stale_after_ms: string | null;
  severities: Json<Record<string, Severity>>;
  template: NullableJson<Record<string, unknown>>;
  signature: NullableJson<Record<string, unknown>>;
  created_by: Json<Actor>;
  created_at: Timestamp;
  last_heard_at: NullableTimestamp;
  accepted: ColumnType<string, number | undefined, never>;
  refused: ColumnType<string, number | undefined, never>;
}

/** The newest messages that were refused, so that what was meant for us and lost can be found. */
export interface RefusedMessagesTable {
  id: Generated<string>;
  at: Timestamp;
  source: string | null;
  endpoint: string;
  reason: string;
  summary: string;
}

/** What senders say was changed somewhere. */
export interface ChangesTable {
  id: string;
  source: string;
  at: Timestamp;
  received_at: Timestamp;
  summary: string;
  origin: string | null;
  links: Json<{ href: string; text: string }[]>;
  detail: Json<Record<string, unknown>>;
}
