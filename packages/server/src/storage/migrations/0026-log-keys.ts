/** Keys of the log that hand over to each other, and what witnesses say of it. */
export const logKeys = `
alter table log_keys add column change text, add column overlap_until timestamptz;

create table log_witnesses (
  name text primary key,
  size bigint not null default 0,
  asked_at timestamptz,
  cosigned_at timestamptz,
  problem text
);

create table log_cosignatures (
  size bigint not null,
  witness text not null,
  at timestamptz not null,
  line text not null,
  primary key (size, witness)
);
`;
