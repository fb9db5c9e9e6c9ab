/** Which home's journal a hold came from; null for those of before, which are of the home that looks. */
export const homesOfHolds = `
alter table holds add column home text;
`;
