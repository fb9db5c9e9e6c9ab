/** Stops that go further by themselves, and resumes that come in batches. */
export const stagesOfStops = `
create table escalations (
  stop_id text primary key,
  hold_id text not null,
  home text not null,
  actor jsonb not null,
  ask_at timestamptz not null,
  force_at timestamptz not null,
  asked_at timestamptz,
  ended_at timestamptz,
  outcome text
);
create index escalations_open_index on escalations (force_at) where ended_at is null;

create table restores (
  hold_id text primary key,
  actor jsonb not null,
  reason text not null,
  batches jsonb not null,
  next_batch integer not null,
  next_at timestamptz not null,
  started_at timestamptz not null,
  released_at timestamptz not null,
  state text not null check (state in ('running', 'done', 'halted')),
  problem text
);
create index restores_open_index on restores (next_at) where state = 'running';
`;
