/** One incident for many alerts that come at once, and what set off each incident, by which they are counted. */
export const storms = `
alter table incidents add column origin text;
create index incidents_by_origin_index on incidents (opened_at) where origin is not null;
create table storms (
  incident_id text primary key references incidents (id) on delete cascade,
  key text not null,
  began_at timestamptz not null,
  last_joined_at timestamptz not null,
  ended_at timestamptz,
  alerts integer not null default 0,
  agents integer not null default 0,
  told_size integer not null default 0,
  told_text text,
  questions_told integer not null default 0
);
create unique index storms_active on storms (key) where ended_at is null;
create table storm_agents (
  incident_id text not null references storms (incident_id) on delete cascade,
  agent_id text not null,
  joined_at timestamptz not null,
  primary key (incident_id, agent_id)
);
`;
