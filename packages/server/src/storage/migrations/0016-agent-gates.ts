/** Gates that say of themselves that they stand before an agent. */
export const agentGates = `
create table agent_gates (
  agent_id text not null,
  runtime text not null,
  version text,
  last_report_at timestamptz not null,
  primary key (agent_id, runtime)
);
`;
