/** How archives are kept: sealed on disk, looked after by whom, copied to which store. */
export const evidenceCustody = `
alter table evidence_archives
  add column seal text,
  add column failed_items integer not null default 0,
  add column verified_at timestamptz,
  add column verified_intact boolean;
create index evidence_archives_unsealed_index on evidence_archives (id) where seal is null;

create index audit_log_custody_index on audit_log (target, seq) where action = 'evidence.custody';

create table evidence_copies (
  archive_id text primary key references evidence_archives (id) on delete cascade,
  place text not null,
  state text not null check (state in ('waiting', 'stored', 'failed')),
  objects integer not null,
  bytes bigint not null,
  locked boolean not null,
  attempts integer not null,
  next_at timestamptz not null,
  last_error text,
  stored_at timestamptz
);
create index evidence_copies_due_index on evidence_copies (next_at) where state <> 'stored';
`;
