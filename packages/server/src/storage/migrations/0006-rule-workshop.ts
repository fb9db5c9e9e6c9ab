/** Marks of false positives, hits of rules by the hour, and replays. */
export const ruleWorkshop = `
alter table alerts add column false_positive jsonb;
create index alerts_rule_index on alerts (rule_id, created_at desc);

create table rule_hits (
  rule_id text not null,
  hour timestamptz not null,
  hits integer not null,
  last_at timestamptz not null,
  primary key (rule_id, hour)
);
create index rule_hits_hour_index on rule_hits (hour);

create table replays (
  id text primary key,
  state text not null check (state in ('pending', 'running', 'done', 'failed', 'cancelled')),
  range_from timestamptz not null,
  range_to timestamptz not null,
  rule_ids jsonb,
  rule_files integer,
  rules jsonb,
  requested_by jsonb not null,
  requested_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  events integer not null,
  matches integer not null,
  share double precision not null,
  problem text,
  result jsonb
);
`;
