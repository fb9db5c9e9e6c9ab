/** Indicators looked for in what is stored: what was asked, how far it is, what was found; and up to which version by itself. */
export const indicatorScans = `
create table indicator_scans (
  id text primary key,
  state text not null check (state in ('pending', 'running', 'done', 'failed', 'cancelled')),
  target jsonb not null,
  after_version integer,
  through_version integer,
  alert boolean not null,
  requested_by jsonb not null,
  requested_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  cursor text,
  indicators integer not null default 0,
  examined bigint not null default 0,
  bytes bigint not null default 0,
  share real not null default 0,
  alerts integer not null default 0,
  skipped jsonb not null default '[]',
  skipped_total integer not null default 0,
  problem text
);

create table indicator_scan_hits (
  scan_id text not null references indicator_scans (id) on delete cascade,
  indicator_id text not null,
  place text not null,
  type text not null,
  value text not null,
  source text not null,
  severity integer not null,
  agent_id text,
  pack text,
  session_id text,
  archive_id text,
  count bigint not null,
  live bigint not null,
  first_at timestamptz,
  last_at timestamptz,
  path text not null,
  samples jsonb not null,
  last_event text,
  alert_id text,
  primary key (scan_id, indicator_id, place)
);
create index indicator_scan_hits_place_index on indicator_scan_hits (scan_id, place);

create table indicator_look_back (version integer not null);
insert into indicator_look_back select version from indicator_version;
`;
