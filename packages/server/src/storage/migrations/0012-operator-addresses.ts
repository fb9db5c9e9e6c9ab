/** Where people come from, so that the firewall never cuts them off. */
export const operatorAddresses = `
alter table web_sessions add column last_address text;
alter table api_tokens add column last_address text;
`;
