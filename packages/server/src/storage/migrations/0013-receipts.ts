/** Signed receipts of stops and resumes. */
export const receipts = `
create table receipts (
  id text primary key,
  kind text not null check (kind in ('stop', 'resume')),
  at timestamptz not null,
  summary jsonb not null,
  signed jsonb not null
);
create index receipts_at_index on receipts (at desc, id desc);
`;
