import type { ContainmentView } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Schema } from "../storage/index.ts";
import type { ReactionContext } from "./context.ts";

/** What guard rails look at: in the hour that ends now, and of the agents seen in the last 24 hours. */
export interface RailFacts extends Readonly<ContainmentView["used"]> {
  /** how often a person let something of the incident run again; of a storm, something of this agent */
  readonly releases: number;
  readonly ofRule: number;
  /** the agent is among those acted on already */
  readonly isCounted: boolean;
  /** the last time that a person let the agent run again, if that was within the quiet time */
  readonly resumed: { readonly atMs: number; readonly by: string } | null;
}

interface Row {
  readonly releases: number;
  readonly actions: number;
  readonly of_rule: number;
  readonly agents: number;
  readonly is_counted: number;
  readonly active: number;
  readonly resumed: { readonly at: string; readonly by: string } | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** About whom and what; nulls match nothing. */
export interface RailSubject {
  readonly rule: string | null;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  readonly incidentId: string | null;
}

/** One statement: this stands between an event and the stop that it causes. */
export async function readRailFacts(
  kysely: Kysely<Schema>,
  { clock, profile }: Pick<ReactionContext, "clock" | "profile">,
  { rule, agentId, sessionId, incidentId }: RailSubject,
): Promise<RailFacts> {
  const now = clock.now();
  const { quietMinutes, fleetShare } = profile.containment.limits;
  const quietSince = new Date(now - quietMinutes * MINUTE_MS);
  const { rows } = await sql<Row>`
    select count(reactions.id)::int as actions,
      count(*) filter (where rule = ${rule})::int as of_rule,
      count(distinct agent_id)::int as agents,
      count(*) filter (where agent_id = ${agentId})::int as is_counted,
      (select count(*)::int from agents where last_seen_at > ${new Date(now - 24 * HOUR_MS)}) as active,
      (select count(*)::int from holds where incident_id = ${incidentId} and released_at is not null
          and (not in_storm or scope not in ('agent', 'session') or target in (${agentId}, ${sessionId})))
        + (select count(*)::int from actions where incident_id = ${incidentId} and state = 'undone'
          and (not in_storm or parameters->>'agentId' = ${agentId})) as releases,
      (select json_build_object('at', at, 'by', by) from (
        select released_at as at, released_by->>'name' as by from holds
        where released_at > ${quietSince} and released_by->>'kind' in ('person', 'cli')
          and (scope = 'agent' and target = ${agentId} or scope = 'session' and target = ${sessionId}
            or scope = 'pack' and target = (select pack from agents where id = ${agentId})
            or scope = 'global' and ${agentId}::text is not null)
        union all
        select ended_at, ended_by->>'name' from actions
        where state = 'undone' and ended_at > ${quietSince} and ended_by->>'kind' in ('person', 'cli')
          and parameters->>'agentId' = ${agentId}
        order by at desc limit 1) as latest) as resumed
    from (select exists (select from storms where storms.incident_id = ${incidentId}) as in_storm) as incident
      left join reactions on acted_at > ${new Date(now - HOUR_MS)}
    group by in_storm`.execute(kysely);
  const [row] = rows;
  const active = row?.active ?? 0;
  const resumed = row?.resumed ?? null;
  return {
    actionsThisHour: row?.actions ?? 0,
    agentsThisHour: row?.agents ?? 0,
    agentsActive: active,
    agentsAllowed: Math.max(1, Math.ceil(fleetShare * active)),
    ofRule: row?.of_rule ?? 0,
    isCounted: (row?.is_counted ?? 0) > 0,
    releases: row?.releases ?? 0,
    resumed: resumed === null || quietMinutes === 0 ? null : { atMs: Date.parse(resumed.at), by: resumed.by },
  };
}
