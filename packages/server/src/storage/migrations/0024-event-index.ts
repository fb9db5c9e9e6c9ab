/** The index of the search, beside the events: it is filled after their commit and costs their intake nothing. */
export const eventIndex = String.raw`
create or replace function firebreak_event_text(body text) returns text language sql immutable parallel safe as $$
  select lower(case
    when strpos(body, '\') = 0 then body
    when strpos(body, '\u00') = 0 then
      replace(replace(replace(replace(replace(replace(replace(replace(body,
        '\\', chr(1)), '\n', ' '), '\r', ' '), '\t', ' '), '\b', ' '), '\f', ' '), '\"', '"'), chr(1), '\')
    else replace(replace(
      regexp_replace(replace(body, '\\', chr(1)), '\\u00[01][0-9a-f]|\\[bfnrt]', ' ', 'g'),
      '\"', '"'), chr(1), '\')
  end)
$$;

create table event_index_state (
  id smallint primary key default 1 check (id = 1),
  last_seq bigint not null,
  signed_last_block bigint not null
);
insert into event_index_state (last_seq, signed_last_block) values (0, 0);

create table event_blocks (
  first_seq bigint primary key,
  last_seq bigint not null,
  day date not null,
  events integer not null,
  bytes bigint not null,
  min_time timestamptz not null,
  max_time timestamptz not null,
  marks text[] not null
);
create index event_blocks_max_time_index on event_blocks (max_time, first_seq);
create index event_blocks_min_time_index on event_blocks (min_time, first_seq);
create index event_blocks_day_index on event_blocks (day);
create index event_blocks_marks_index on event_blocks using gin (marks);

create table event_signatures (
  first_seq bigint primary key,
  min_time timestamptz not null,
  max_time timestamptz not null,
  bits bytea not null
);
alter table event_signatures alter column bits set storage external;

create table event_segments (
  first_seq bigint primary key,
  min_time timestamptz not null,
  max_time timestamptz not null,
  blocks bigint[] not null,
  bits bytea not null
);
alter table event_segments alter column bits set storage external;

create table event_counts (
  step text not null check (step in ('minute', 'hour', 'day')),
  at timestamptz not null,
  agent_id text not null,
  pack text not null,
  kind text not null,
  outcome text not null,
  risk text not null,
  events bigint not null,
  primary key (step, at, agent_id, pack, kind, outcome, risk)
);
`;
