import type { Actor, ApprovalAnswer, ApprovalState, Role } from "@firebreak/protocol";
import type { ColumnType } from "kysely";
import type { Json, NullableJson, NullableTimestamp, Timestamp } from "./column-types.ts";

/** A question that persons answer before something is done. */
export interface ApprovalsTable {
  id: string;
  kind: string;
  title: string;
  target: string | null;
  reason: string;
  /** canonical JSON (RFC 8785) of exactly what would be done */
  arguments: string;
  /** random: an answer to this question answers no other with the same arguments */
  nonce: string;
  /** SHA-256 of kind, arguments and nonce, hexadecimal */
  digest: string;
  preview: Json<string[]>;
  checklist: Json<string[]>;
  incident_id: string | null;
  requested_by: Json<Actor>;
  requested_at: Timestamp;
  expires_at: Timestamp;
  role: Role;
  answers_needed: number;
  state: ApprovalState;
  decided_at: NullableTimestamp;
  used_at: NullableTimestamp;
  /** the one use it was spent on; that use repeated after a crash is the same use */
  used_for: string | null;
  outcome: string | null;
  /** names of the persons who stand behind who asks: they never say yes */
  askers: ColumnType<string[], string | undefined, never>;
  remind_at: NullableTimestamp;
  reminded_at: NullableTimestamp;
  /** who may answer too once they were reminded */
  escalate_to: ColumnType<Role | null, Role | null | undefined, Role | null>;
  /** who approved it alone, when there was nobody else */
  break_glass: NullableJson<{ by: Actor; reason: string; at: string }>;
  /** what another person found about that */
  reviewed: NullableJson<{ by: Actor; verdict: "justified" | "not_justified"; note: string; at: string }>;
}

export interface ApprovalAnswersTable {
  approval_id: string;
  /** who, as one person under whatever door they came through */
  person: string;
  answered_by: Json<Actor>;
  answer: ApprovalAnswer;
  reason: string;
  checked: Json<string[]>;
  at: Timestamp;
}

/** By which one person answers one question without signing in. */
export interface AnswerLinksTable {
  secret_hash: string;
  approval_id: string;
  /** the user's name */
  person: string;
  expires_at: Timestamp;
}

export interface ApprovalSchema {
  approvals: ApprovalsTable;
  approval_answers: ApprovalAnswersTable;
  answer_links: AnswerLinksTable;
}
