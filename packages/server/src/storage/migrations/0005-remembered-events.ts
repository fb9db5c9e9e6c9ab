/** Events that long windows of rules need after a restart, and the rules they were noted for. */
export const rememberedEvents = `
alter table event_cursors add column rules_key text;

create table remembered_events (
  seq bigint primary key,
  received_at timestamptz not null
);
create index remembered_events_received_index on remembered_events (received_at);
`;
