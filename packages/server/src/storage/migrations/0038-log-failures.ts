/** Since when a place or a witness of the log fails, and whether a witness contradicts. */
export const logFailures = `
alter table log_shipments add column failing_since timestamptz;
alter table log_witnesses
  add column failing_since timestamptz,
  add column contradicts boolean not null default false;
update log_shipments set failing_since = behind_since where problem is not null;
update log_witnesses set failing_since = asked_at where problem is not null;
`;
