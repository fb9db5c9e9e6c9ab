/** What of a table may hold something of a person, and when it may be changed. SQL is over the alias `t`, and constant. */
export interface MaskedTable {
  readonly text?: readonly string[];
  readonly json?: readonly string[];
  /** text that is JSON */
  readonly jsonText?: readonly string[];
  /** false: it is still worked with, and stays as it is until it is over */
  readonly over?: string;
}

const ENDED = "t.ended_at is not null";
const OF_ENDED_RUN = "exists (select from playbook_runs r where r.id = t.run_id and r.ended_at is not null)";

/** Rows that stay, with what matches in them replaced. */
export const MASKED: Readonly<Record<string, MaskedTable>> = {
  actions: {
    text: ["message", "failure", "reason", "end_reason"],
    json: ["parameters", "changes", "blast_radius", "output"],
    over: ENDED,
  },
  agent_sessions: { text: ["workspace"], json: ["command"], over: ENDED },
  alerts: {
    text: ["title", "sentence", "resolution"],
    json: ["detail", "labels", "annotations", "links", "notes", "decision", "false_positive"],
    over: "t.status = 'resolved'",
  },
  approval_answers: {
    text: ["reason"],
    json: ["checked"],
    over: "exists (select from approvals a where a.id = t.approval_id and a.state not in ('pending', 'approved'))",
  },
  approvals: {
    text: ["title", "reason", "outcome"],
    json: ["preview", "checklist"],
    jsonText: ["arguments"],
    over: "t.state not in ('pending', 'approved')",
  },
  changes: { text: ["summary", "origin"], json: ["links", "detail"] },
  deliveries: {
    text: ["subject", "last_error", "receipt"],
    json: ["body"],
    over: "t.state in ('delivered', 'failed')",
  },
  drills: { json: ["record"] },
  erasures: { text: ["reason"] },
  event_exports: { text: ["reason"], json: ["filters"] },
  evidence_archives: { text: ["reason"] },
  evidence_copies: { jsonText: ["archive"] },
  impacts: { json: ["body"] },
  incidents: { text: ["title", "summary", "root_cause", "origin"] },
  indicator_scan_hits: { text: ["value", "path", "place"], json: ["samples"] },
  playbook_attempts: { text: ["reason", "message"], json: ["input", "output"], over: OF_ENDED_RUN },
  playbook_runs: { text: ["reason"], json: ["inputs", "abort", "outputs", "books"], over: ENDED },
  playbook_signals: { json: ["body"], over: OF_ENDED_RUN },
  playbook_steps: { text: ["title", "reason", "message"], json: ["input", "output"], over: OF_ENDED_RUN },
  reactions: {
    text: ["title", "what", "target", "rail_reason", "message"],
    json: ["parameters", "changes", "blast_radius"],
    over: "t.state not in ('deciding', 'waiting', 'applying')",
  },
  refused_messages: { text: ["reason", "summary"] },
  replays: { text: ["problem"], json: ["result"], over: ENDED },
  restores: { text: ["reason", "problem"] },
  reveals: { text: ["reason"] },
  reviews: { text: ["markdown"] },
  saved_views: { text: ["name"], json: ["filters"] },
  stops: { json: ["results"], over: "t.completed_at is not null" },
  storms: { text: ["told_text", "key"], over: ENDED },
  timeline: { text: ["text"], json: ["data"] },
  timeline_marks: { text: ["text"] },
};

/** Rows that may name the person and stay as they are, with the reason. */
export const KEPT: Readonly<Record<string, string>> = {
  agents: "names of agents hold everything together: retire the agent",
  api_tokens: "tokens: `firebreak token revoke`",
  holds: "holds of the kill switch are never changed",
  indicators: "detection matches them: `firebreak indicators remove`",
  legal_holds: "the record of a legal hold is never changed",
  receipts: "receipts of the kill switch are signed as they are",
  silences: "silences are matched against alerts: let them expire",
  sources: "senders: `firebreak source remove`",
  users: "accounts of people who work here: disable them in the settings",
};

/** Tables without a text of people: names of things, states, hashes; and what is gone through in other ways. */
export const OTHERS: readonly string[] = [
  "agent_gates",
  "answer_links",
  "archive_segments",
  "audit_log",
  "drill_schedule",
  "escalations",
  "event_blocks",
  "event_counts",
  "event_cursors",
  "event_index_state",
  "event_segments",
  "event_signatures",
  "events",
  "impact_positions",
  "incident_clocks",
  "incident_counters",
  "indicator_look_back",
  "indicator_scans",
  "indicator_version",
  "log_cosignatures",
  "log_heads",
  "log_keys",
  "log_shipments",
  "log_state",
  "log_tiles",
  "log_witnesses",
  "nodes",
  "original_keys",
  "originals",
  "person_erasures",
  "remembered_events",
  "retention_notices",
  "retention_state",
  "rule_hits",
  "rule_watches",
  "schema_migrations",
  "sign_in_links",
  "storm_agents",
  "web_sessions",
];
