import type { StormAgent, StormView } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Schema } from "../../storage/index.ts";
import type { IncidentContext } from "../types.ts";
import { readStormRules } from "./summarize-storm.ts";

/** @returns null for an incident that is no storm */
export async function viewStorm(kysely: Kysely<Schema>, incidentId: string): Promise<StormView | null> {
  const storm = await kysely.selectFrom("storms").selectAll().where("incident_id", "=", incidentId).executeTakeFirst();
  if (storm === undefined) return null;
  const decisions = await kysely
    .selectFrom("reactions")
    .select((reactions) => ["state", reactions.fn.count<string>("agent_id").distinct().as("agents")])
    .where("incident_id", "=", incidentId)
    .groupBy("state")
    .orderBy("state")
    .execute();
  return {
    beganAt: storm.began_at.toISOString(),
    lastJoinedAt: storm.last_joined_at.toISOString(),
    endedAt: storm.ended_at?.toISOString() ?? null,
    alerts: storm.alerts,
    agents: storm.agents,
    rules: await readStormRules(kysely, incidentId),
    decisions: decisions.map(({ state, agents }) => ({ state, agents: Number(agents) })),
  };
}

const PAGE_DEFAULT = 50;
const PAGE_MAX = 500;

export interface StormAgentsQuery {
  readonly id: string;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Who is in a storm, by name; nobody for an incident that is none. */
export async function listStormAgents(
  { database }: Pick<IncidentContext, "database">,
  { id, after, limit: wanted = PAGE_DEFAULT }: StormAgentsQuery,
): Promise<{ items: StormAgent[]; next: string | null }> {
  const limit = Math.max(1, Math.min(wanted, PAGE_MAX));
  const rows = await database.kysely
    .selectFrom("storm_agents as member")
    .select((members) => [
      "member.agent_id",
      "member.joined_at",
      members
        .selectFrom("alerts")
        .select((alerts) => alerts.fn.countAll<string>().as("count"))
        .whereRef("alerts.incident_id", "=", "member.incident_id")
        .whereRef("alerts.agent_id", "=", "member.agent_id")
        .as("alerts"),
      members
        .selectFrom("reactions")
        .select("state")
        .whereRef("reactions.incident_id", "=", "member.incident_id")
        .whereRef("reactions.agent_id", "=", "member.agent_id")
        .orderBy("id", "desc")
        .limit(1)
        .as("decision"),
    ])
    .where("member.incident_id", "=", id)
    .where((members) => (after === undefined ? sql<boolean>`true` : members("member.agent_id", ">", after)))
    .orderBy("member.agent_id")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map((row) => ({
    agentId: row.agent_id,
    joinedAt: row.joined_at.toISOString(),
    alerts: Number(row.alerts ?? 0),
    decision: row.decision,
  }));
  return { items, next: rows.length > limit ? (items.at(-1)?.agentId ?? null) : null };
}
