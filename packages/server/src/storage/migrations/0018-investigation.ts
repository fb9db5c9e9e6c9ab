/** What people mark on timelines, and computed impacts. Both are only added to. */
export const investigation = `
create table timeline_marks (
  id bigint generated always as identity primary key,
  incident_id text not null references incidents (id),
  ref text not null,
  act text not null check (act in ('pin', 'unpin', 'hide', 'unhide', 'annotate')),
  text text,
  actor jsonb not null,
  at timestamptz not null
);
create index timeline_marks_incident_index on timeline_marks (incident_id, id);

create table impacts (
  incident_id text not null references incidents (id),
  version integer not null,
  computed_at timestamptz not null,
  computed_by jsonb not null,
  sha256 text not null,
  body jsonb not null,
  primary key (incident_id, version)
);

create table impact_positions (
  incident_id text primary key references incidents (id),
  last_event_seq bigint not null,
  looked_at timestamptz not null
);

create index timeline_order_index on timeline (incident_id, at, id);
create index audit_log_target_index on audit_log (target, seq) where target is not null;
`;
