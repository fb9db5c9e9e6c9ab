/** Who passes through what gets old, or erases a person, holds a lock that goes with its process: no lease has to run out. */
export const processLocks = `
alter table retention_state drop column holder, drop column lease_until;
alter table person_erasures drop column lease_until;
`;
