import { sql } from "kysely";
import type { IncidentContext } from "../types.ts";

/**
 * One stop contains an incident of one agent; a storm is contained when every agent in it was stopped.
 *
 * @returns false for a storm with an agent that no proved stop of the incident covers; true for every other incident
 */
export async function isEveryAgentStopped(
  { database }: Pick<IncidentContext, "database">,
  incidentId: string,
): Promise<boolean> {
  const { rows } = await sql<{ running: boolean }>`
    select exists (
      select from storm_agents as member where member.incident_id = ${incidentId} and not exists (
        select from stops where stops.incident_id = ${incidentId} and stops.verified
          and stops.hold->>'level' <> 'deny' and case stops.hold->>'scope'
            when 'global' then true
            when 'agent' then stops.hold->>'target' = member.agent_id
            when 'pack' then stops.hold->>'target' = (select pack from agents where id = member.agent_id)
            when 'session' then exists (select from alerts where alerts.incident_id = ${incidentId}
              and alerts.agent_id = member.agent_id and alerts.session_id = stops.hold->>'target')
            else false end)) as running`.execute(database.kysely);
  return rows[0]?.running === false;
}
