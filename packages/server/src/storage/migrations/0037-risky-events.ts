/** Events of high risk by their time: few, so that storing them costs little, and the first that people ask for. */
export const riskyEvents = `
create index events_risk_index on events (risk, time) where risk in ('high', 'critical');
`;
