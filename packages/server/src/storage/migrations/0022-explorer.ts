/** Sessions read in the order of their events' clocks; exports of events with their signed manifests; saved views. */
export const explorer = `
create index events_session_index on events (session_id, time, seq) where session_id is not null;
create index alerts_session_index on alerts (session_id) where session_id is not null;
create table event_exports (
  id text primary key,
  format text not null check (format in ('ndjson', 'csv', 'ocsf')),
  state text not null check (state in ('pending', 'running', 'done', 'failed')),
  filters jsonb not null,
  reason text not null,
  requested_by jsonb not null,
  requested_at timestamptz not null,
  until timestamptz not null,
  finished_at timestamptz,
  events bigint not null default 0,
  bytes bigint not null default 0,
  sha256 text,
  manifest text
);

create table saved_views (
  id text primary key,
  name text not null,
  owner_id text not null,
  owner jsonb not null,
  shared boolean not null,
  filters jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index alerts_event_ids_index on alerts using gin (event_ids jsonb_path_ops);
create unique index saved_views_own_name_index on saved_views (owner_id, name);
create unique index saved_views_shared_name_index on saved_views (name) where shared;
`;
