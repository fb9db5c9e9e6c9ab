/** Which stops were tests of the kill switch on real agents. */
export const drills = `
alter table stops add column drill boolean not null default false;
`;
