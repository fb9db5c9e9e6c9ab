/** Which playbooks are drilled by themselves, since when, and whether one is being drilled. */
export const drillSchedule = `
create table drill_schedule (
  playbook_id text primary key,
  since timestamptz not null,
  claimed_at timestamptz
);
`;
