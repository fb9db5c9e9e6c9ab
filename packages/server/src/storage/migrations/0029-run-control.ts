/** What persons do to runs: pause, hand over, retry, undo; and the locks that keep two runs off one target. */
export const runControl = `
alter table playbook_runs
  add column mode text not null default 'run' check (mode in ('run', 'observe')),
  add column owner text,
  add column paused jsonb,
  add column locks jsonb not null default '[]',
  add column yields_locks boolean not null default false,
  add column lock_place bigint,
  add column times_ended integer not null default 0;
create index playbook_runs_locks_index on playbook_runs (lock_place) where lock_place is not null;

alter table playbook_steps
  add column assignee text,
  add column approval_id text;

create table playbook_attempts (
  run_id text not null references playbook_runs (id),
  step_id text not null,
  number integer not null,
  state text not null,
  reason text,
  message text,
  input jsonb not null,
  output jsonb not null,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (run_id, step_id, number)
);
`;
