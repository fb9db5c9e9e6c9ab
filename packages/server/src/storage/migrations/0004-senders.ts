/** Senders of other vendors: who may send, what was refused, what was changed. */
export const senders = `
create table sources (
  id text primary key,
  name text not null unique,
  kind text not null check (kind in ('alertmanager', 'pagerduty', 'opsgenie', 'grafana', 'cloudevents', 'webhook')),
  key_hash text not null unique,
  previous_key_hash text,
  previous_key_until timestamptz,
  strict boolean not null,
  stale_after_ms bigint,
  severities jsonb not null,
  template jsonb,
  signature jsonb,
  created_by jsonb not null,
  created_at timestamptz not null,
  last_heard_at timestamptz,
  accepted bigint not null default 0,
  refused bigint not null default 0
);

create table refused_messages (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  source text,
  endpoint text not null,
  reason text not null,
  summary text not null
);
create index refused_messages_source_index on refused_messages (source, id desc);

create table changes (
  id text primary key,
  source text not null,
  at timestamptz not null,
  received_at timestamptz not null,
  summary text not null,
  origin text,
  links jsonb not null,
  detail jsonb not null
);
create index changes_at_index on changes (at desc);
`;
