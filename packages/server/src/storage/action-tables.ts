import type { ActionState, Actor, BlastRadiusView } from "@firebreak/protocol";
import type { Json, NullableJson, NullableTimestamp, Timestamp } from "./column-types.ts";

/** Effectors applied outside playbooks: what was asked for before it was done, and what came of it. */
export interface ActionsTable {
  id: string;
  effector: string;
  parameters: Json<Record<string, unknown>>;
  /** SHA-256 of the canonical JSON: no two live actions do the same at one place */
  parameters_sha256: string;
  changes: Json<string[]>;
  blast_radius: Json<BlastRadiusView>;
  state: ActionState;
  message: string | null;
  failure: string | null;
  output: Json<Record<string, unknown>>;
  reason: string;
  incident_id: string | null;
  requested_by: Json<Actor>;
  /** where it acts, and whose process may: one server at a time has a home */
  host: string;
  home: string;
  idempotency_key: string | null;
  requested_at: Timestamp;
  applied_at: NullableTimestamp;
  verified_at: NullableTimestamp;
  expires_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  ended_by: NullableJson<Actor>;
  end_reason: string | null;
  end_cause: ActionEndCause | null;
  tries: number;
  next_try_at: NullableTimestamp;
}

/** Why it is being taken back; decides how it ends: undone, expired or failed. */
export type ActionEndCause = "person" | "expiry" | "failure";

export interface ActionSchema {
  actions: ActionsTable;
}
