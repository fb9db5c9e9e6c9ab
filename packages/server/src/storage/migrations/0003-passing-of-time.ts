/** Detection judges what did not happen: up to when it did so, and since when each such rule is in force. */
export const passingOfTime = `
alter table event_cursors add column passed_until timestamptz;

create table rule_watches (
  rule_id text primary key,
  since timestamptz not null
);
`;
