/** What keeps data longer, announced deletions, and what the archive holds. */
export const retention = `
create table legal_holds (
  id text primary key,
  case_id text not null,
  scope text not null check (scope in ('all', 'incident', 'agent', 'pack', 'session', 'evidence')),
  target text,
  range_from timestamptz,
  range_to timestamptz,
  reason text not null,
  applied_by jsonb not null,
  applied_at timestamptz not null,
  released_at timestamptz,
  released_by jsonb,
  release_reason text,
  check ((scope = 'all') = (target is null))
);
create index legal_holds_active_index on legal_holds (applied_at) where released_at is null;

create table retention_notices (
  id text primary key,
  class text not null,
  pack text,
  covers_from timestamptz,
  covers_before timestamptz not null,
  row_count bigint not null,
  announced_at timestamptz not null,
  due_at timestamptz not null,
  state text not null check (state in ('announced', 'cancelled', 'done')),
  ended_at timestamptz,
  ended_by jsonb,
  reason text,
  deleted bigint not null default 0,
  held bigint not null default 0
);
create index retention_notices_open_index on retention_notices (due_at) where state = 'announced';

create table archive_segments (
  id text primary key,
  class text not null,
  pack text,
  table_name text not null,
  file text not null,
  tier text not null check (tier in ('warm', 'cold')),
  oldest timestamptz not null,
  newest timestamptz not null,
  row_count bigint not null,
  bytes bigint not null,
  sha256 text not null,
  first_entry bigint,
  last_entry bigint,
  created_at timestamptz not null,
  held_by text,
  deleted_at timestamptz
);
create index archive_segments_kept_index on archive_segments (class, newest) where deleted_at is null;
create index archive_segments_entries_index on archive_segments (first_entry) where deleted_at is null and first_entry is not null;

create index audit_log_legal_holds on audit_log (target) where action in ('legal_hold.apply', 'legal_hold.release');

create table retention_state (
  id smallint primary key default 1 check (id = 1),
  holder text,
  lease_until timestamptz,
  last_started_at timestamptz,
  last_report jsonb
);
insert into retention_state (id) values (1);
`;
