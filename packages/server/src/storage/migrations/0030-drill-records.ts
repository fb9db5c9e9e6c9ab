/** Drills of playbooks, each with its whole record. */
export const drillRecords = `
create table drills (
  id text primary key,
  playbook_id text not null,
  playbook_hash text not null,
  result text not null check (result in ('passed', 'passed_in_part', 'failed', 'not_run')),
  started_at timestamptz not null,
  ended_at timestamptz not null,
  record jsonb not null,
  recorded_at timestamptz not null,
  recorded_by jsonb not null
);
create index drills_playbook_index on drills (playbook_id, ended_at desc, id desc);
create index drills_ended_index on drills (ended_at desc, id desc);
`;
