/** Where checkpoints of the log are sent to, and how far each place has come. */
export const logShipments = `
create table log_shipments (
  destination text primary key,
  size bigint not null default 0,
  shipped_at timestamptz,
  behind_since timestamptz,
  tries integer not null default 0,
  next_try_at timestamptz not null,
  problem text
);
`;
