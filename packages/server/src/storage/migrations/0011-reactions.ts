/** What automatic containment did, asked for, or would have done: one row per incident, what is done and target. */
export const reactions = `
create table reactions (
  id text primary key,
  key text not null unique,
  rule text not null,
  title text not null,
  mode text not null check (mode in ('observe', 'ask', 'act')),
  state text not null check (state in ('deciding', 'observed', 'waiting', 'applying', 'applied', 'failed', 'denied', 'expired')),
  kind text not null check (kind in ('effector', 'playbook')),
  what text not null,
  target text not null,
  parameters jsonb not null,
  for_minutes integer,
  ask_minutes integer not null,
  changes jsonb not null,
  blast_radius jsonb not null,
  agent_id text,
  session_id text,
  incident_id text,
  alert_id text,
  rail text,
  rail_reason text,
  message text,
  approval_id text,
  action_id text,
  run_id text,
  at timestamptz not null,
  acted_at timestamptz,
  updated_at timestamptz not null
);
create index reactions_at on reactions (at);
create index reactions_acted_at on reactions (acted_at) where acted_at is not null;
create index reactions_incident on reactions (incident_id);
create index reactions_approval on reactions (approval_id) where approval_id is not null;
`;
