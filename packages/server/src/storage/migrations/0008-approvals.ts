/** Questions that persons answer before something is done, and their answers: one a person. */
export const approvals = `
create table approvals (
  id text primary key,
  kind text not null,
  title text not null,
  target text,
  reason text not null,
  arguments text not null,
  nonce text not null,
  digest text not null,
  preview jsonb not null,
  checklist jsonb not null,
  incident_id text references incidents (id),
  requested_by jsonb not null,
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  role text not null check (role in ('viewer', 'responder', 'commander', 'admin')),
  answers_needed integer not null check (answers_needed between 1 and 10),
  state text not null check (state in ('pending', 'approved', 'denied', 'expired', 'used')),
  decided_at timestamptz,
  used_at timestamptz,
  used_for text,
  outcome text
);
create index approvals_open_index on approvals (expires_at) where state in ('pending', 'approved');
create index approvals_incident_index on approvals (incident_id);

create table approval_answers (
  approval_id text not null references approvals (id),
  person text not null,
  answered_by jsonb not null,
  answer text not null check (answer in ('approved', 'denied')),
  reason text not null,
  checked jsonb not null,
  at timestamptz not null,
  primary key (approval_id, person)
);
`;
