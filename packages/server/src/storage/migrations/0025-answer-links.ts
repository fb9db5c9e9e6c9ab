/** Links by which one person answers one question; only the hash of the secret is kept. */
export const answerLinks = `
create table answer_links (
  secret_hash text primary key,
  approval_id text not null references approvals (id),
  person text not null,
  expires_at timestamptz not null
);
create index answer_links_expiry_index on answer_links (expires_at);
`;
