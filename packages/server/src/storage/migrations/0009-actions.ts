/** Effectors applied outside playbooks. */
export const actions = `
create table actions (
  id text primary key,
  effector text not null,
  parameters jsonb not null,
  parameters_sha256 text not null,
  changes jsonb not null,
  blast_radius jsonb not null,
  state text not null check (state in
    ('applying', 'in_force', 'lost', 'interrupted', 'undoing', 'done', 'failed', 'undone', 'expired')),
  message text,
  failure text,
  output jsonb not null,
  reason text not null,
  incident_id text,
  requested_by jsonb not null,
  host text not null,
  home text not null,
  idempotency_key text unique,
  requested_at timestamptz not null,
  applied_at timestamptz,
  verified_at timestamptz,
  expires_at timestamptz,
  ended_at timestamptz,
  ended_by jsonb,
  end_reason text,
  end_cause text check (end_cause in ('person', 'expiry', 'failure')),
  tries integer not null,
  next_try_at timestamptz
);
create index actions_incident_index on actions (incident_id);
create unique index actions_live_index on actions (host, home, effector, parameters_sha256)
  where state in ('applying', 'in_force', 'lost', 'interrupted', 'undoing');
`;
