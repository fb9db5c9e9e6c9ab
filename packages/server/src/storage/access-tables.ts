/** The tables of who may do what. */
import type { Actor, Role } from "@firebreak/protocol";
import type { Json, NullableTimestamp, Timestamp } from "./column-types.ts";

export interface UsersTable {
  id: string;
  name: string;
  password_hash: string | null;
  role: Role;
  created_at: Timestamp;
  disabled_at: NullableTimestamp;
}

export interface WebSessionsTable {
  id: string;
  /** SHA-256 of the cookie's secret */
  secret_hash: string;
  user_id: string;
  created_at: Timestamp;
  last_seen_at: Timestamp;
  /** where its last request came from */
  last_address: string | null;
  expires_at: Timestamp;
}

export interface ApiTokensTable {
  id: string;
  name: string;
  /** SHA-256 of the token's secret */
  secret_hash: string;
  /** a role, or `agent` for a token that may only send telemetry and read its own holds */
  access: Role | "agent";
  agent_id: string | null;
  session_id: string | null;
  created_by: Json<Actor>;
  created_at: Timestamp;
  expires_at: NullableTimestamp;
  revoked_at: NullableTimestamp;
  last_used_at: NullableTimestamp;
  /** where its last request came from; unknown for agents */
  last_address: string | null;
}

export interface SignInLinksTable {
  id: string;
  secret_hash: string;
  user_id: string;
  created_at: Timestamp;
  expires_at: Timestamp;
  used_at: NullableTimestamp;
}
