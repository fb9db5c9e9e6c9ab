/** Indicators of compromise, and a number that grows with every change of them, by which nodes know to read them again. */
export const indicators = `
create table indicators (
  id text primary key,
  effect text not null check (effect in ('match', 'allow')),
  type text not null check (type in ('ip', 'cidr', 'domain', 'url', 'hash', 'email', 'file_name')),
  value text not null,
  source text not null,
  severity integer not null check (severity between 1 and 4),
  description text,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz,
  unique (effect, type, value)
);

create table indicator_version (version integer not null);
insert into indicator_version values (0);
`;
