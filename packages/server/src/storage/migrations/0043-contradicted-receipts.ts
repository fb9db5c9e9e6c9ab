/** Of a stop whose proof acts contradicted later: a signed addendum. The receipt stays as it was signed. */
export const contradictedReceipts = `
alter table receipts add column addendum jsonb check (addendum is null or kind = 'stop');
alter table receipts add column contradicted_at timestamptz check ((contradicted_at is null) = (addendum is null));
`;
