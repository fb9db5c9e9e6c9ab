// What may be written without an audit row, and why: see scripts/audited.mjs.

/** Tables that hold no act of anybody. */
export const TABLES_WITHOUT_ACTS = {
  events: "telemetry: every event is an entry of the log itself",
  events_default: "the same rows, laid into the partition of their day",
  agents: "derived from events",
  agent_gates: "derived from what gates report",
  event_cursors: "how far a reader of events has come",
  impact_positions: "how far the daemon that computes impacts has come",
  remembered_events: "a reader's memory of events",
  rule_watches: "since when a rule is in force",
  rule_hits: "counts of matches",
  timeline: "tells of acts that leave a row of their own",
  changes: "changes that senders report: telemetry",
  refused_messages: "telemetry that was refused",
  audit_log: "the log",
  log_tiles: "the log",
  log_state: "the log",
  log_heads: "the log",
  log_keys: "the log",
  nodes: "signs of life of our own processes",
  incident_counters: "the next number; the incident has its row",
  indicator_version: "a counter for those who cache",
  schema_migrations: "the schema",
};

/** Functions that write to a table of state what is no act. */
export const FUNCTIONS_WITHOUT_ACT = {
  "access/authenticator.ts noteSessionUse": "when and from where a session was last used",
  "access/authenticator.ts noteTokenAddress": "from where a token was last used",
  "access/note-token-use.ts createUseNotes": "when a token was last used",
  "actions/tend-actions.ts reconcileActions": "asks for a comparison with the real world; what comes of it is recorded",
  "actions/verify-action.ts confirm": "when it was last found as it should be; anything else is a change with its row",
  "alerts/raise-alert.ts extendAlert": "counts what the log holds as events",
  "alerts/receive-signals.ts extendAlert": "what a sender says again",
  "alerts/release-due-alerts.ts releaseBatch": "when to look again; the decision has its row",
  "alerts/release-due-alerts.ts recheckHeldByProfile": "when to look again; the decision has its row",
  "notify/deliver.ts claimDelivery": "which worker sends; the result has its row",
  "playbooks/execute-run.ts waitForPerson": "the run waits for what its step asked for, with a row",
  "playbooks/journal.ts beginAttempt": "the journal before an act, in one round trip; the step's end has its row",
  "playbooks/undo-run.ts beginUndo": "the journal before an undo; its end has its row",
  "senders/directory.ts writeCounts": "counts of messages",
  "workshop/replay/run-replay.ts begin": "works off a replay that somebody asked for, with a row; it changes nothing",
  "workshop/replay/run-replay.ts tell": "progress of a replay",
  "workshop/replay/run-replay.ts end": "result of a replay",
};
