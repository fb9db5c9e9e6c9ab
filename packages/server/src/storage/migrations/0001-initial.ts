/** The first schema. Applied migrations are never edited; a change is a new file. */
export const initialSchema = `
create sequence events_seq;

create table events (
  seq bigint not null default nextval('events_seq'),
  id text not null,
  time timestamptz not null,
  received_at timestamptz not null,
  source text not null,
  agent_id text not null,
  pack text,
  session_id text,
  run_id text,
  kind text not null,
  outcome text not null,
  risk text,
  body text not null,
  primary key (id, time)
) partition by range (time);
create index events_seq_index on events (seq);
create index events_agent_time_index on events (agent_id, time);
create table events_default partition of events default;

create table agents (
  id text primary key,
  pack text,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null
);

create table agent_sessions (
  id text primary key,
  agent_id text not null,
  pack text,
  host text not null,
  supervisor_pid integer,
  command jsonb not null,
  workspace text,
  state text not null check (state in ('running', 'frozen', 'exited', 'lost')),
  started_at timestamptz not null,
  last_heartbeat_at timestamptz not null,
  ended_at timestamptz,
  exit_code integer,
  exit_signal text
);
create index agent_sessions_agent_index on agent_sessions (agent_id, started_at desc);

create table event_cursors (
  consumer text primary key,
  last_seq bigint not null,
  updated_at timestamptz not null
);

create table incident_counters (
  scope text primary key,
  last integer not null
);

create table incidents (
  id text primary key,
  title text not null,
  type text not null,
  severity smallint not null check (severity between 1 and 4),
  severity_label text not null,
  state text not null,
  profile text not null,
  agent_id text,
  pack text,
  session_id text,
  commander text,
  summary text,
  root_cause text,
  began_at timestamptz not null,
  detected_at timestamptz not null,
  acknowledged_at timestamptz,
  contained_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  trip_to_stop_ms double precision,
  version integer not null default 1,
  opened_at timestamptz not null,
  updated_at timestamptz not null
);
create index incidents_state_index on incidents (state, opened_at desc);
create index incidents_opened_index on incidents (opened_at desc, id desc);

create table alerts (
  id text primary key,
  fingerprint text not null,
  rule_id text not null,
  title text not null,
  level text not null,
  severity smallint not null check (severity between 1 and 4),
  incident_type text not null,
  status text not null check (status in ('open', 'resolved')),
  agent_id text,
  pack text,
  session_id text,
  sentence text not null,
  detail jsonb not null,
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  occurrences integer not null,
  event_ids jsonb not null,
  incident_id text references incidents (id),
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index alerts_open_fingerprint_index on alerts (fingerprint) where status = 'open';
create index alerts_incident_index on alerts (incident_id);
create index alerts_created_index on alerts (created_at desc, id desc);

create table incident_clocks (
  incident_id text not null references incidents (id),
  kind text not null,
  started_at timestamptz not null,
  due_at timestamptz not null,
  stopped_at timestamptz,
  breached_at timestamptz,
  primary key (incident_id, kind)
);
create index incident_clocks_due_index on incident_clocks (due_at) where stopped_at is null and breached_at is null;

create table timeline (
  id bigint generated always as identity primary key,
  incident_id text not null references incidents (id),
  key text not null,
  at timestamptz not null,
  recorded_at timestamptz not null default now(),
  kind text not null,
  source text not null,
  actor jsonb not null,
  text text not null,
  data jsonb not null,
  unique (incident_id, key)
);

create table playbook_runs (
  id text primary key,
  playbook_id text not null,
  playbook_title text not null,
  playbook_hash text not null,
  playbook_text text not null,
  incident_id text references incidents (id),
  inputs jsonb not null,
  state text not null,
  reason text,
  abort jsonb,
  requested_by jsonb not null,
  requested_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz
);
create index playbook_runs_incident_index on playbook_runs (incident_id);

create table playbook_steps (
  run_id text not null references playbook_runs (id),
  step_id text not null,
  position integer not null,
  phase text not null,
  title text not null,
  type text not null,
  state text not null,
  reason text,
  attempts integer not null default 0,
  input jsonb not null,
  output jsonb not null,
  message text,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (run_id, step_id)
);

create table holds (
  id text primary key,
  epoch bigint not null,
  scope text not null,
  target text,
  level text not null,
  reason text not null,
  actor jsonb not null,
  incident_id text,
  at timestamptz not null,
  expires_at timestamptz,
  released_at timestamptz,
  released_by jsonb,
  release_reason text
);
create index holds_active_index on holds (at) where released_at is null;

create table stops (
  id text primary key,
  hold jsonb not null,
  hold_id text not null,
  incident_id text,
  requested_at timestamptz not null,
  completed_at timestamptz,
  verified boolean not null,
  results jsonb not null
);
create index stops_incident_index on stops (incident_id);

create table evidence_archives (
  id text primary key,
  incident_id text,
  session_id text,
  agent_id text,
  reason text not null,
  directory text not null,
  manifest_sha256 text not null,
  items integer not null,
  degraded_items integer not null,
  bytes bigint not null,
  collected_at timestamptz not null,
  collected_by jsonb not null
);
create index evidence_archives_incident_index on evidence_archives (incident_id);

create table deliveries (
  id text primary key,
  key text not null unique,
  incident_id text,
  channel text not null,
  channel_kind text not null,
  template text not null,
  subject text not null,
  body jsonb not null,
  state text not null check (state in ('pending', 'sending', 'delivered', 'failed')),
  attempts integer not null,
  last_error text,
  receipt text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  delivered_at timestamptz
);
create index deliveries_incident_index on deliveries (incident_id);

create table reviews (
  incident_id text primary key references incidents (id),
  markdown text not null,
  drafted_at timestamptz not null,
  due_at timestamptz not null,
  edited_by text,
  edited_at timestamptz
);

create table users (
  id text primary key,
  name text not null unique,
  password_hash text,
  role text not null,
  created_at timestamptz not null,
  disabled_at timestamptz
);

create table web_sessions (
  id text primary key,
  secret_hash text not null unique,
  user_id text not null references users (id),
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null
);

create table api_tokens (
  id text primary key,
  name text not null,
  secret_hash text not null unique,
  access text not null,
  agent_id text,
  session_id text,
  created_by jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

create table sign_in_links (
  id text primary key,
  secret_hash text not null unique,
  user_id text not null references users (id),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table audit_log (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  actor jsonb not null,
  action text not null,
  target text,
  leaf text not null,
  leaf_hash bytea not null
);

create table nodes (
  id text primary key,
  home text not null,
  host text not null,
  pid integer not null,
  worker_id text,
  started_at timestamptz not null,
  last_beat_at timestamptz not null
);
`;
