/** What a source was called, and how its messages were proved, before it was changed: both go on for a while. */
export const changedSenders = `
alter table sources
  add column previous_name text,
  add column previous_name_until timestamptz,
  add column previous_signature jsonb,
  add column previous_signature_until timestamptz;
`;
