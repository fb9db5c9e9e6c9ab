/** What redaction took out, encrypted, for those who may reveal it; without its key a row is noise. */
export const originals = `
create table erasures (
  id text primary key,
  at timestamptz not null,
  actor jsonb not null,
  reason text not null,
  scope jsonb not null,
  keys integer not null
);

create table original_keys (
  id text primary key,
  agent_id text not null,
  category text not null,
  day date not null,
  kek_id text not null,
  wrapped bytea,
  created_at timestamptz not null,
  erasure_id text references erasures (id),
  check ((wrapped is null) = (erasure_id is not null))
);
create index original_keys_name on original_keys (agent_id, day, category);
create index original_keys_day on original_keys (day) where wrapped is not null;
create index original_keys_kek on original_keys (kek_id) where wrapped is not null;
create index original_keys_erased on original_keys (erasure_id) where wrapped is null;

create table originals (
  event_id text not null,
  event_time timestamptz not null,
  category text not null,
  key_id text not null,
  sealed bytea not null,
  primary key (event_id, event_time, category)
);
alter table originals alter column sealed set storage external;
create index originals_key on originals (key_id);

create table reveals (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  actor_id text not null,
  actor jsonb not null,
  event_id text not null,
  categories text[] not null,
  reason text not null
);
create index reveals_of_actor on reveals (actor_id, at);
create index reveals_of_event on reveals (event_id, at);
`;
