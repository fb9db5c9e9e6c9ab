import { sql } from "kysely";
import type { ReadContext } from "./read-events.ts";

export interface PackCounts {
  readonly pack: string;
  readonly agents: number;
  /** sessions */
  readonly running: number;
  readonly frozen: number;
}

/** Every pack that an agent was seen in, by name. */
export async function listPacks({ database }: ReadContext): Promise<PackCounts[]> {
  const { rows } = await sql<PackCounts>`
    select pack, count(*)::int as agents, coalesce(sum(running), 0)::int as running, coalesce(sum(frozen), 0)::int as frozen
    from agents
    left join lateral (
      select count(*) filter (where state = 'running') as running, count(*) filter (where state = 'frozen') as frozen
      from agent_sessions
      where agent_sessions.agent_id = agents.id and state in ('running', 'frozen')
    ) as sessions on true
    where pack is not null
    group by pack
    order by pack`.execute(database.kysely);
  return rows;
}

/** @returns the packs that the agent, or the session, is known to belong to */
export async function listPacksOf(
  { database }: ReadContext,
  { agent, session }: { readonly agent: string; readonly session: string | null },
): Promise<string[]> {
  const { rows } = await sql<{ pack: string }>`
    select pack from agents where id = ${agent} and pack is not null
    union
    select pack from agent_sessions where id = ${session} and agent_id = ${agent} and pack is not null`.execute(
    database.kysely,
  );
  return rows.map((row) => row.pack);
}
