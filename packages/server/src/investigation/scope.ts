import type { Selectable } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { AgentSessionsTable, IncidentsTable } from "../storage/index.ts";
import type { ReadContext } from "./context.ts";

/** What an investigation looks at: whose events, and of which time. */
export interface Scope {
  readonly incident: Selectable<IncidentsTable>;
  readonly agents: readonly string[];
  readonly alerts: readonly ScopeAlert[];
  /** ids of the events that the incident's alerts cite */
  readonly citedEventIds: readonly string[];
  /** sessions of the agents that ran in that time */
  readonly sessions: readonly Selectable<AgentSessionsTable>[];
  /** milliseconds since 1970, by this server's clock */
  readonly fromMs: number;
  readonly toMs: number;
  /** events up to this number; later ones belong to the next look */
  readonly lastSeq: string;
}

export interface ScopeAlert {
  readonly id: string;
  readonly title: string;
  readonly agentId: string | null;
  readonly firstEventAt: Date;
}

const HOUR_MS = 3_600_000;
/** What came before the first suspicious event often explains it. */
const BEFORE_MS = HOUR_MS;
/** An agent that goes on after the resolution was not stopped. */
const AFTER_MS = HOUR_MS;
const AGENTS_MAX = 200;
const ALERTS_MAX = 1_000;
const CITED_MAX = 5_000;
export const SESSIONS_MAX = 1_000;

/**
 * @param lastSeq of an earlier look, so that its pages fit together
 * @throws FirebreakError not_found
 */
export async function readScope(ctx: ReadContext, incidentId: string, lastSeq?: string): Promise<Scope> {
  const { kysely } = ctx.database;
  const incident = await kysely.selectFrom("incidents").selectAll().where("id", "=", incidentId).executeTakeFirst();
  if (incident === undefined) {
    throw new FirebreakError("not_found", `There is no incident ${incidentId}. List the incidents to find its id.`);
  }
  const rows = await kysely
    .selectFrom("alerts")
    .select(["id", "title", "agent_id", "first_event_at", "event_ids"])
    .where("incident_id", "=", incidentId)
    .orderBy("created_at")
    .limit(ALERTS_MAX)
    .execute();
  const alerts = rows.map((row) => {
    return { id: row.id, title: row.title, agentId: row.agent_id, firstEventAt: row.first_event_at };
  });
  const agents = await findAgents(ctx, incident, alerts);
  const window = windowOf(incident, alerts, ctx.clock.now());
  return {
    incident,
    alerts,
    agents,
    citedEventIds: [...new Set(rows.flatMap((row) => row.event_ids))].slice(0, CITED_MAX),
    sessions: await findSessions(ctx, agents, window),
    ...window,
    lastSeq: lastSeq ?? (await newestSeq(ctx)),
  };
}

async function findAgents(
  { database }: ReadContext,
  incident: Scope["incident"],
  alerts: readonly ScopeAlert[],
): Promise<string[]> {
  const named = [incident.agent_id, ...alerts.map((alert) => alert.agentId)].filter((id) => id !== null);
  if (named.length > 0 || incident.pack === null) return [...new Set(named)].slice(0, AGENTS_MAX);
  const ofPack = await database.kysely
    .selectFrom("agents")
    .select("id")
    .where("pack", "=", incident.pack)
    .orderBy("id")
    .limit(AGENTS_MAX)
    .execute();
  return ofPack.map(({ id }) => id);
}

function windowOf(incident: Scope["incident"], alerts: readonly ScopeAlert[], nowMs: number) {
  const beginnings = [incident.began_at, ...alerts.map((alert) => alert.firstEventAt)].map((time) => time.getTime());
  const end = incident.resolved_at?.getTime();
  const toMs = end === undefined ? nowMs : Math.min(nowMs, end + AFTER_MS);
  const fromMs = Math.min(...beginnings) - BEFORE_MS;
  return { fromMs: Math.min(fromMs, toMs), toMs };
}

function findSessions(
  { database }: ReadContext,
  agents: readonly string[],
  { fromMs, toMs }: Pick<Scope, "fromMs" | "toMs">,
): Promise<Selectable<AgentSessionsTable>[]> {
  if (agents.length === 0) return Promise.resolve([]);
  return database.kysely
    .selectFrom("agent_sessions")
    .selectAll()
    .where("agent_id", "in", agents)
    .where("started_at", "<=", new Date(toMs))
    .where((where) => where.or([where("ended_at", "is", null), where("ended_at", ">=", new Date(fromMs))]))
    .orderBy("started_at")
    .limit(SESSIONS_MAX)
    .execute();
}

async function newestSeq({ database }: ReadContext): Promise<string> {
  const row = await database.kysely
    .selectFrom("events")
    .select((select) => select.fn.max("seq").as("seq"))
    .executeTakeFirst();
  return String(row?.seq ?? 0);
}
