import type { Actor, RestoreBatch } from "@firebreak/protocol";
import type { Json, NullableTimestamp, Timestamp } from "./column-types.ts";

/** A stop that denies first, then asks what runs to end, then kills. */
export interface EscalationsTable {
  stop_id: string;
  /** the deny; when it is released, nothing more happens */
  hold_id: string;
  /** whose server carries it out, by its receipt key: it knows whether its agents ended */
  home: string;
  actor: Json<Actor>;
  ask_at: Timestamp;
  force_at: Timestamp;
  asked_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  outcome: string | null;
}

/** The return after a stop of everything, batch by batch. */
export interface RestoresTable {
  /** the stop of everything that a person released */
  hold_id: string;
  /** who released it, and by whose word each batch is */
  actor: Json<Actor>;
  reason: string;
  batches: Json<RestoreBatch[]>;
  /** index of the batch that comes next */
  next_batch: number;
  next_at: Timestamp;
  started_at: Timestamp;
  /** when the last batch was released */
  released_at: Timestamp;
  state: "running" | "done" | "halted";
  /** why it halted */
  problem: string | null;
}

export interface KillswitchSchema {
  escalations: EscalationsTable;
  restores: RestoresTable;
}
