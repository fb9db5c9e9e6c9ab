/** Paths, wallets and patterns as indicators, how sure a source is, and since which version of the list each is on it. */
export const indicatorKinds = `
alter table indicators
  drop constraint indicators_type_check,
  add constraint indicators_type_check check (
    type in ('ip', 'cidr', 'domain', 'url', 'hash', 'email', 'file_name', 'file_path', 'wallet', 'pattern')
  ),
  add column confidence integer check (confidence between 0 and 100),
  add column tlp text check (tlp in ('clear', 'green', 'amber', 'amber+strict', 'red')),
  add column since_version integer not null default 0;
create index indicators_since_index on indicators (since_version);
`;
