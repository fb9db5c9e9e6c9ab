import type { ContainmentMode, Rail, ReactionRadius, ReactionState } from "@firebreak/protocol";
import type { Json, NullableTimestamp, Timestamp } from "./column-types.ts";

/** What automatic containment did, asked for, or would have done. */
export interface ReactionsTable {
  id: string;
  /** one reaction per incident, what is done, target, and times that a person let it run again */
  key: string;
  rule: string;
  title: string;
  mode: ContainmentMode;
  state: ReactionState;
  kind: "effector" | "playbook";
  what: string;
  target: string;
  parameters: Json<Record<string, unknown>>;
  for_minutes: number | null;
  ask_minutes: number;
  changes: Json<string[]>;
  blast_radius: Json<ReactionRadius>;
  agent_id: string | null;
  session_id: string | null;
  incident_id: string | null;
  alert_id: string | null;
  rail: Rail | null;
  rail_reason: string | null;
  message: string | null;
  approval_id: string | null;
  action_id: string | null;
  run_id: string | null;
  at: Timestamp;
  /** when it began to act; by this the guard rails count */
  acted_at: NullableTimestamp;
  updated_at: Timestamp;
}
