/**
 * Alerts come from senders as well as from rules, are decided on before they open an incident, and can be muted.
 * What was an alert until now came from a rule and opened or joined an incident.
 */
export const alertPipeline = `
alter table alerts
  alter column rule_id drop not null,
  add column source text,
  add column kind text,
  add column key text,
  add column occurrence integer not null default 1,
  add column labels jsonb,
  add column annotations jsonb not null default '{}',
  add column links jsonb not null default '[]',
  add column notes jsonb not null default '[]',
  add column group_key text,
  add column ends_at timestamptz,
  add column stale_at timestamptz,
  add column stale_since timestamptz,
  add column acknowledged_at timestamptz,
  add column acknowledged_by jsonb,
  add column resolved_at timestamptz,
  add column resolved_by jsonb,
  add column resolution text,
  add column disposition text not null default 'undecided' check (disposition in ('undecided', 'incident', 'held')),
  add column decision jsonb not null default '[]',
  add column held_by text,
  add column decide_at timestamptz,
  add column told_at timestamptz;
update alerts set
  source = 'detection',
  kind = 'sigma',
  key = fingerprint,
  labels = jsonb_strip_nulls(jsonb_build_object('alertname', title, 'rule', rule_id, 'level', level,
    'severity', (array['critical', 'high', 'medium', 'low'])[severity], 'agent', agent_id, 'pack', pack,
    'session', session_id, 'firebreak_source', 'detection', 'firebreak_kind', 'sigma')),
  resolved_at = case when status = 'resolved' then updated_at end,
  resolution = case when status = 'resolved' then 'unknown' end,
  disposition = case when incident_id is null then 'undecided' else 'incident' end,
  told_at = case when incident_id is null then null else created_at end;
alter table alerts
  alter column source set not null,
  alter column kind set not null,
  alter column key set not null,
  alter column labels set not null;
create index alerts_fingerprint_index on alerts (fingerprint, occurrence desc);
create index alerts_open_index on alerts (id desc) where status = 'open';
create index alerts_open_labels_index on alerts using gin (labels jsonb_path_ops) where status = 'open';
create index alerts_ends_index on alerts (ends_at) where status = 'open' and ends_at is not null;
create index alerts_stale_index on alerts (stale_at) where status = 'open' and stale_since is null and stale_at is not null;
create index alerts_decide_index on alerts (decide_at) where status = 'open' and decide_at is not null;
create index alerts_held_index on alerts (held_by) where status = 'open' and held_by is not null;

create table silences (
  id text primary key,
  kind text not null check (kind in ('silence', 'maintenance')),
  matchers jsonb not null,
  owner text not null,
  reason text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  weekly jsonb,
  mutes_containment boolean not null,
  replaces text references silences (id),
  created_by jsonb not null,
  created_at timestamptz not null,
  expired_at timestamptz,
  expired_by jsonb,
  expire_reason text
);
create index silences_live_index on silences (ends_at) where expired_at is null;

alter table incidents add column group_key text;
update incidents set group_key = 'agent:' || agent_id where agent_id is not null;
create index incidents_group_index on incidents (group_key, opened_at desc)
  where state not in ('resolved', 'reviewed', 'closed', 'merged', 'false_positive');
`;
