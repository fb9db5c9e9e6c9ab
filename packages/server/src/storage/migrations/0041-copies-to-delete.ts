/** Copies of archives outlive them: until the store lets them go, they are due, and what holds them is known. */
export const copiesToDelete = `
alter table evidence_copies drop constraint evidence_copies_archive_id_fkey;
alter table evidence_copies drop constraint evidence_copies_pkey;
alter table evidence_copies add primary key (archive_id, place);
alter table evidence_copies drop constraint evidence_copies_state_check;
alter table evidence_copies add constraint evidence_copies_state_check
  check (state in ('waiting', 'stored', 'failed', 'deleting'));
alter table evidence_copies
  add column former boolean not null default false,
  add column locked_until timestamptz,
  add column archive text,
  add column asked_at timestamptz,
  add column refused integer not null default 0,
  add column hold text not null default 'off' check (hold in ('off', 'setting', 'on', 'refused')),
  add column hold_error text,
  add column hold_next_at timestamptz;
create index evidence_copies_hold_index on evidence_copies (archive_id) where hold <> 'off';
`;
