/** Wishes to be forgotten. What is looked for stands here only as long as it is looked for. */
export const personErasures = `
create table person_erasures (
  id text primary key,
  state text not null check (state in ('searching', 'found', 'asked', 'erasing', 'done', 'withdrawn')),
  terms jsonb,
  also jsonb not null,
  reason text not null,
  requested_by jsonb not null,
  requested_at timestamptz not null,
  looked_at timestamptz,
  ended_at timestamptz,
  findings jsonb not null default '[]',
  erased jsonb not null default '{}',
  problem text,
  next_at timestamptz not null,
  holder text,
  lease_until timestamptz,
  check ((terms is null) = (state in ('done', 'withdrawn')))
);
create index person_erasures_due on person_erasures (next_at) where state in ('searching', 'erasing');
`;
