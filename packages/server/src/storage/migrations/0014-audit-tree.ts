/** The tree over every event and every act. */
export const auditTree = `
create table log_state (
  id smallint primary key default 1 check (id = 1),
  origin text not null,
  size bigint not null,
  last_event_seq bigint not null,
  note text not null,
  signed_at timestamptz not null
);

create table log_tiles (
  level smallint not null,
  index bigint not null,
  hashes bytea not null,
  refs bytea,
  last_event_seq bigint,
  primary key (level, index)
);
alter table log_tiles alter column hashes set storage external;
create index log_tiles_event_index on log_tiles (last_event_seq) where level = 0;

create table log_heads (
  size bigint primary key,
  at timestamptz not null,
  note text not null
);

create table log_keys (
  verifier_key text primary key,
  at timestamptz not null
);

alter table audit_log add column leaf_index bigint;
create index audit_log_not_logged on audit_log (seq) where leaf_index is null;
`;
