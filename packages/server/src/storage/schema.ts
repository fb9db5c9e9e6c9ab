import type { Actor, Hold, StopResult } from "@firebreak/protocol";
import type { EventBlocksTable, EventCountsTable, EventIndexStateTable, EventsTable } from "./event-tables.ts";
import type {
  ClockKind,
  DeliveryState,
  HoldLevel,
  HoldScope,
  IncidentState,
  IncidentType,
  RunState,
  Severity,
  StepState,
} from "@firebreak/protocol";
import type { ReceiptSummary, SignedReceipt } from "@firebreak/protocol";
import type { ColumnType, Generated } from "kysely";
import type { ActionSchema } from "./action-tables.ts";
import type { AlertSchema } from "./alert-tables.ts";
import type { StormSchema } from "./storm-tables.ts";
import type { GeneratedTimestamp, Json, NullableJson, NullableTimestamp, Timestamp } from "./column-types.ts";
import type { ApprovalSchema } from "./approval-tables.ts";
import type { EvidenceSchema } from "./evidence-tables.ts";
import type { DrillSchema } from "./drill-tables.ts";
import type { ExplorerSchema } from "./explorer-tables.ts";
import type { KillswitchSchema } from "./killswitch-tables.ts";
import type { IndicatorSchema } from "./indicator-tables.ts";
import type { InvestigationSchema } from "./investigation-tables.ts";
import type { ChangesTable, RefusedMessagesTable, SourcesTable } from "./sender-tables.ts";
import type { ApiTokensTable, SignInLinksTable, UsersTable, WebSessionsTable } from "./access-tables.ts";
import type { RetentionSchema } from "./retention-tables.ts";
import type { OriginalSchema } from "./original-tables.ts";
import type { ReactionsTable } from "./reaction-tables.ts";
import type { LogSchema } from "./log-tables.ts";
import type { ReplaysTable, RuleHitsTable } from "./rule-tables.ts";

export interface AgentsTable {
  id: string;
  pack: string | null;
  first_seen_at: Timestamp;
  last_seen_at: Timestamp;
}

/** Gates that say of themselves that they stand before an agent. */
export interface AgentGatesTable {
  agent_id: string;
  runtime: string;
  version: string | null;
  last_report_at: Timestamp;
}

export interface AgentSessionsTable {
  id: string;
  agent_id: string;
  pack: string | null;
  host: string;
  supervisor_pid: number | null;
  command: Json<string[]>;
  workspace: string | null;
  state: "running" | "frozen" | "exited" | "lost";
  started_at: Timestamp;
  last_heartbeat_at: Timestamp;
  ended_at: NullableTimestamp;
  exit_code: number | null;
  exit_signal: string | null;
}

/** Where a reader of the event log stands. */
export interface EventCursorsTable {
  consumer: string;
  last_seq: string;
  /** up to when it was judged what did not happen */
  passed_until: NullableTimestamp;
  /** the rules that events were remembered for */
  rules_key: string | null;
  updated_at: Timestamp;
}

/** An event that a long window of a rule needs after a restart. */
export interface RememberedEventsTable {
  seq: string;
  received_at: Timestamp;
}

/** A rule that tells of what did not happen. */
export interface RuleWatchesTable {
  rule_id: string;
  since: Timestamp;
}

export interface IncidentCountersTable {
  scope: string;
  last: number;
}

export interface IncidentsTable {
  id: string;
  title: string;
  type: IncidentType;
  severity: Severity;
  severity_label: string;
  state: IncidentState;
  profile: string;
  agent_id: string | null;
  pack: string | null;
  session_id: string | null;
  /** alerts of this group join it while it is not settled */
  group_key: string | null;
  /** what set it off: a rule (of a family, the family), or a source with its alert's name; null: a person reported it */
  origin: string | null;
  commander: string | null;
  summary: string | null;
  root_cause: string | null;
  /** earliest event behind the incident: when it began */
  began_at: Timestamp;
  detected_at: Timestamp;
  acknowledged_at: NullableTimestamp;
  contained_at: NullableTimestamp;
  resolved_at: NullableTimestamp;
  closed_at: NullableTimestamp;
  /** milliseconds from the stop request to its proof, once contained */
  trip_to_stop_ms: number | null;
  version: Generated<number>;
  opened_at: Timestamp;
  updated_at: Timestamp;
}

export interface IncidentClocksTable {
  incident_id: string;
  kind: ClockKind;
  started_at: Timestamp;
  due_at: Timestamp;
  stopped_at: NullableTimestamp;
  breached_at: NullableTimestamp;
}

/** What happened in an incident. `key` makes an entry idempotent within its incident. */
export interface TimelineTable {
  id: Generated<string>;
  incident_id: string;
  key: string;
  at: Timestamp;
  recorded_at: GeneratedTimestamp;
  kind: string;
  source: string;
  actor: Json<Actor>;
  text: string;
  data: Json<Record<string, unknown>>;
}

export interface PlaybookRunsTable {
  id: string;
  playbook_id: string;
  playbook_title: string;
  /** SHA-256 of the playbook file the run began with, and its text: a run keeps its version */
  playbook_hash: string;
  playbook_text: string;
  incident_id: string | null;
  inputs: Json<Record<string, unknown>>;
  state: RunState;
  reason: string | null;
  /** set when a person asked to abort; the executor undoes and ends the run */
  abort: NullableJson<{
    actor: Actor;
    reason: string;
    at: string;
    /** of a run that had ended: one phase or all of it, and how it had ended */
    undo?: { phase: string | null; from: RunState };
  }>;
  requested_by: Json<Actor>;
  requested_at: Timestamp;
  started_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  /** when a run that waits is looked at again */
  wake_at: NullableTimestamp;
  /** by id, the playbooks that this one calls, as they were when the run was requested */
  books: ColumnType<Record<string, { hash: string; text: string }>, string | undefined, string>;
  /** what the playbook's `outputs` came to, once it has ended */
  outputs: NullableJson<Record<string, unknown>>;
  /** `observe`: only says what it would do */
  mode: ColumnType<"run" | "observe", "run" | "observe" | undefined, never>;
  /** the user who is answerable for it */
  owner: ColumnType<string | null, string | null | undefined, string | null>;
  paused: NullableJson<{ actor: Actor; reason: string; at: string }>;
  /** by phase, the milliseconds of its time box, until somebody is told that it is over */
  phase_boxes: ColumnType<Record<string, number>, string | undefined, string>;
  /** what no other run may act on meanwhile */
  locks: ColumnType<string[], string | undefined, never>;
  /** the locks are given up while it waits for a person */
  yields_locks: ColumnType<boolean, boolean | undefined, never>;
  /** its place among the runs that want one of its locks: the least has them; null: it wants none now */
  lock_place: ColumnType<string | null, string | null | undefined, string | null>;
  /** how often it had ended and was taken up again */
  times_ended: Generated<number>;
}

/** What came of a step before a person had it done again. */
export interface PlaybookAttemptsTable {
  run_id: string;
  step_id: string;
  /** counted from 1 */
  number: number;
  state: StepState;
  reason: string | null;
  message: string | null;
  input: Json<Record<string, unknown>>;
  output: Json<Record<string, unknown>>;
  started_at: NullableTimestamp;
  ended_at: NullableTimestamp;
}

export interface PlaybookStepsTable {
  run_id: string;
  step_id: string;
  position: number;
  phase: string;
  title: string;
  type: string;
  state: StepState;
  reason: string | null;
  attempts: number;
  input: Json<Record<string, unknown>>;
  output: Json<Record<string, unknown>>;
  message: string | null;
  started_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  /** the step that this one stands in */
  parent_id: string | null;
  /** the option of a decision or the branch of a parallel step that this one stands in */
  slot: string | null;
  /** the item of a for-each step that this one is for, counted from 0 */
  item: number | null;
  /** when its time box runs out */
  due_at: NullableTimestamp;
  /** of all attempts in the database, in which order this step's last one began */
  acted: ColumnType<string | null, string | null | undefined, string | null>;
  /** the user who was asked by name */
  assignee: ColumnType<string | null, string | null | undefined, string | null>;
  /** the question whose answer lets it act */
  approval_id: ColumnType<string | null, string | null | undefined, string | null>;
  /** who had it done again last */
  retried_by: NullableJson<Actor>;
}

/** What a person or another system told a run; kept when it comes before the step that waits for it. */
export interface PlaybookSignalsTable {
  run_id: string;
  name: string;
  body: Json<Record<string, unknown>>;
  actor: Json<Actor>;
  at: Timestamp;
  /** the user who was asked by name */
  assignee: ColumnType<string | null, string | null | undefined, string | null>;
  /** the question whose answer lets it act */
  approval_id: ColumnType<string | null, string | null | undefined, string | null>;
}

/** The database's mirror of the kill switch's journal, for queries and history; the journal is the truth. */
export interface HoldsTable {
  id: string;
  epoch: string;
  scope: HoldScope;
  target: string | null;
  level: HoldLevel;
  reason: string;
  actor: Json<Actor>;
  incident_id: string | null;
  at: Timestamp;
  expires_at: NullableTimestamp;
  released_at: NullableTimestamp;
  released_by: NullableJson<Actor>;
  release_reason: string | null;
  home: string | null;
}

export interface StopsTable {
  id: string;
  hold: Json<Hold>;
  hold_id: string;
  incident_id: string | null;
  requested_at: Timestamp;
  completed_at: NullableTimestamp;
  verified: boolean;
  /** a test of the kill switch on real agents */
  drill: Generated<boolean>;
  results: Json<StopResult[]>;
}

/** Signed receipts; the signed bytes stand in `signed.payload` as text. */
export interface ReceiptsTable {
  id: string;
  kind: "stop" | "resume";
  at: Timestamp;
  summary: Json<Omit<ReceiptSummary, "contradictedAt">>;
  signed: Json<SignedReceipt>;
  /** set once, when acts after the stop's proof contradict it */
  addendum: NullableJson<SignedReceipt>;
  contradicted_at: NullableTimestamp;
}

export interface DeliveriesTable {
  id: string;
  /** one delivery per key: what makes a notification happen once */
  key: string;
  incident_id: string | null;
  channel: string;
  channel_kind: "webhook" | "email";
  template: string;
  subject: string;
  body: Json<Record<string, unknown>>;
  state: DeliveryState;
  attempts: number;
  last_error: string | null;
  /** what the receiver answered: HTTP status or SMTP response */
  receipt: string | null;
  created_at: Timestamp;
  updated_at: Timestamp;
  delivered_at: NullableTimestamp;
}

export interface ReviewsTable {
  incident_id: string;
  markdown: string;
  drafted_at: Timestamp;
  due_at: Timestamp;
  edited_by: string | null;
  edited_at: NullableTimestamp;
}

/** Processes of ours that share this database; a node that stops beating has died. */
export interface NodesTable {
  id: string;
  home: string;
  host: string;
  pid: number;
  worker_id: string | null;
  started_at: Timestamp;
  last_beat_at: Timestamp;
}

export interface Schema
  extends
    ActionSchema,
    AlertSchema,
    StormSchema,
    ApprovalSchema,
    DrillSchema,
    EvidenceSchema,
    ExplorerSchema,
    KillswitchSchema,
    IndicatorSchema,
    InvestigationSchema,
    RetentionSchema,
    OriginalSchema,
    LogSchema {
  events: EventsTable;
  event_index_state: EventIndexStateTable;
  event_blocks: EventBlocksTable;
  event_counts: EventCountsTable;
  agents: AgentsTable;
  agent_gates: AgentGatesTable;
  agent_sessions: AgentSessionsTable;
  event_cursors: EventCursorsTable;
  rule_watches: RuleWatchesTable;
  remembered_events: RememberedEventsTable;
  rule_hits: RuleHitsTable;
  replays: ReplaysTable;
  incident_counters: IncidentCountersTable;
  incidents: IncidentsTable;
  incident_clocks: IncidentClocksTable;
  timeline: TimelineTable;
  playbook_runs: PlaybookRunsTable;
  playbook_steps: PlaybookStepsTable;
  playbook_signals: PlaybookSignalsTable;
  playbook_attempts: PlaybookAttemptsTable;
  holds: HoldsTable;
  stops: StopsTable;
  receipts: ReceiptsTable;
  deliveries: DeliveriesTable;
  reviews: ReviewsTable;
  users: UsersTable;
  web_sessions: WebSessionsTable;
  api_tokens: ApiTokensTable;
  sign_in_links: SignInLinksTable;
  sources: SourcesTable;
  refused_messages: RefusedMessagesTable;
  changes: ChangesTable;
  reactions: ReactionsTable;
  nodes: NodesTable;
}
