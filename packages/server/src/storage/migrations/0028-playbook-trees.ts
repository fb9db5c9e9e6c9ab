/** Steps within steps, the times a run is woken at, signals, and what a run came to. */
export const playbookTrees = `
alter table playbook_steps
  add column parent_id text,
  add column slot text,
  add column item integer,
  add column due_at timestamptz,
  add column acted bigint;
create sequence playbook_acts as bigint;

alter table playbook_runs
  add column wake_at timestamptz,
  add column books jsonb not null default '{}',
  add column outputs jsonb;
create index playbook_runs_wake_index on playbook_runs (wake_at) where wake_at is not null;

create table playbook_signals (
  run_id text not null references playbook_runs (id),
  name text not null,
  body jsonb not null,
  actor jsonb not null,
  at timestamptz not null,
  primary key (run_id, name)
);
`;
