import type { RetentionClass } from "@firebreak/protocol";

/** Rows that go together with the row they refer to. */
interface Child {
  readonly table: string;
  /** refers to the key of its parent */
  readonly column: string;
}

/** One kind of rows that get old. SQL is over the alias `t`, and constant. */
export interface Store {
  readonly class: RetentionClass;
  readonly table: string;
  /** names a row */
  readonly key: string;
  /** what of it is text for people and rules to search: the canonical JSON that is an entry of the log, if it is one */
  readonly leaf: "body" | "leaf" | null;
  readonly began: string;
  /** what its age counts from */
  readonly ended: string;
  /** whether it is over, so that it may go at all */
  readonly settled: string;
  readonly children: readonly Child[];
  /** whether it has columns for agent, pack and session */
  readonly ofAgent: boolean;
}

/** Logged and judged: what detection has not seen yet does not go. */
const EVENT_DONE = `t.seq <= least(coalesce((select last_event_seq from log_state), 0), (select min(last_seq) from event_cursors))`;

function events(name: RetentionClass, kinds: string): Store {
  return {
    class: name,
    table: "events",
    key: "seq",
    leaf: "body",
    began: "t.time",
    ended: "t.time",
    settled: `${kinds} and ${EVENT_DONE}`,
    children: [],
    ofAgent: true,
  };
}

function rows(
  name: RetentionClass,
  table: string,
  parts: Pick<Store, "began" | "ended" | "settled"> & Partial<Store>,
): Store {
  return { class: name, table, key: "id", leaf: null, children: [], ofAgent: false, ...parts };
}

/** Entries of the log, whatever class they are of. */
export const EVENTS = events("events", "true");

/** What is never deleted: what retention, legal holds and erasures did. */
const ACTS_KEPT = "^(retention|legal_hold|person_erasure)\\.";
export const ACTS = rows("audit", "audit_log", {
  key: "seq",
  leaf: "leaf",
  began: "t.at",
  ended: "t.at",
  settled: `t.leaf_index is not null and t.action !~ '${ACTS_KEPT}'`,
});

/** Archives of evidence: a row here, and a directory of files that goes with it; copies elsewhere go after it. */
export const EVIDENCE: Store = rows("evidence", "evidence_archives", {
  began: "t.collected_at",
  ended: "t.collected_at",
  settled: `not exists (select from incidents where incidents.id = t.incident_id
    and incidents.state not in ('resolved', 'reviewed', 'closed', 'merged', 'false_positive'))`,
});

/**
 * Everything else that gets old in the database. Not here, because nothing may take it: holds and receipts of the kill switch,
 * users and keys, the tree of the log itself, and the acts that say what retention did.
 */
const STORES: readonly Store[] = [
  events("events", "t.kind not in ('log', 'metric', 'heartbeat')"),
  events("debug", "t.kind = 'log'"),
  events("metrics", "t.kind in ('metric', 'heartbeat')"),
  rows("runs", "playbook_runs", {
    began: "t.requested_at",
    ended: "t.ended_at",
    settled: "t.ended_at is not null",
    children: [
      { table: "playbook_steps", column: "run_id" },
      { table: "playbook_attempts", column: "run_id" },
      { table: "playbook_signals", column: "run_id" },
    ],
  }),
  rows("runs", "agent_sessions", {
    began: "t.started_at",
    ended: "t.ended_at",
    settled: "t.ended_at is not null and t.state in ('exited', 'lost')",
  }),
  rows("runs", "actions", { began: "t.requested_at", ended: "t.ended_at", settled: "t.ended_at is not null" }),
  rows("runs", "reactions", {
    began: "t.at",
    ended: "t.updated_at",
    settled: "t.state not in ('deciding', 'waiting', 'applying')",
  }),
  rows("runs", "stops", { began: "t.requested_at", ended: "t.completed_at", settled: "t.completed_at is not null" }),
  rows("runs", "replays", { began: "t.requested_at", ended: "t.ended_at", settled: "t.ended_at is not null" }),
  rows("approvals", "approvals", {
    began: "t.requested_at",
    ended: "greatest(t.decided_at, t.used_at, t.expires_at)",
    settled: "t.state not in ('pending', 'approved')",
    children: [
      { table: "approval_answers", column: "approval_id" },
      { table: "answer_links", column: "approval_id" },
    ],
  }),
  ACTS,
  rows("incidents", "incidents", {
    began: "t.began_at",
    ended: "coalesce(t.closed_at, t.updated_at)",
    settled: `t.state in ('resolved', 'reviewed', 'closed', 'merged', 'false_positive')
      and not exists (select from approvals where approvals.incident_id = t.id)
      and not exists (select from playbook_runs where playbook_runs.incident_id = t.id)`,
    children: [
      { table: "incident_clocks", column: "incident_id" },
      { table: "timeline", column: "incident_id" },
      { table: "reviews", column: "incident_id" },
      { table: "alerts", column: "incident_id" },
      { table: "timeline_marks", column: "incident_id" },
      { table: "impacts", column: "incident_id" },
      { table: "impact_positions", column: "incident_id" },
      { table: "storm_agents", column: "incident_id" },
      { table: "storms", column: "incident_id" },
    ],
  }),
  rows("incidents", "alerts", {
    began: "t.created_at",
    ended: "coalesce(t.resolved_at, t.updated_at)",
    settled: "t.status = 'resolved' and t.incident_id is null",
  }),
  rows("incidents", "changes", { began: "t.at", ended: "t.at", settled: "true" }),
  rows("notifications", "deliveries", {
    began: "t.created_at",
    ended: "t.updated_at",
    settled: "t.state in ('delivered', 'failed')",
  }),
  rows("notifications", "refused_messages", { began: "t.at", ended: "t.at", settled: "true" }),
];

/** @returns the stores of a class */
export function storesOf(name: RetentionClass): readonly Store[] {
  return [...STORES, EVIDENCE].filter((store) => store.class === name);
}
