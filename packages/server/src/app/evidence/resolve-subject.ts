import type { EvidenceLevel } from "@firebreak/protocol";
import type { SessionSubject } from "../../evidence/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";
import { sessionOfId, sessionsOfAgent } from "./sessions-of.ts";

/** What somebody asks to be collected: of one agent, one session, an incident's agents, or of this host alone. */
export interface CollectRequest {
  readonly agentId?: string | undefined;
  readonly sessionId?: string | undefined;
  /** with an agent or session it only says which incident the archive belongs to */
  readonly incidentId?: string | undefined;
  readonly host?: boolean | undefined;
  readonly level: EvidenceLevel;
  readonly reason: string;
  readonly timeLimitSeconds?: number | undefined;
  readonly memory?: boolean | undefined;
}

export interface CollectSubject {
  readonly agentIds: readonly string[];
  readonly sessionId: string | null;
  readonly sessions: readonly SessionSubject[];
}

/**
 * Finds what a request means on this machine.
 *
 * @param database null: no server runs; then an incident's agents cannot be told
 * @throws FirebreakError not_found, bad_request
 */
export async function resolveSubject(
  home: string,
  database: Pick<Database, "kysely"> | null,
  request: CollectRequest,
): Promise<CollectSubject> {
  const { agentId, sessionId, incidentId } = request;
  await refuseUnknownIncident(database, incidentId);
  if (sessionId !== undefined) return ofSession(home, sessionId, agentId);
  if (agentId !== undefined) return ofAgent(home, database, agentId);
  if (request.host === true) return { agentIds: [], sessionId: null, sessions: [] };
  if (incidentId !== undefined) return ofIncident(home, database, incidentId);
  throw new FirebreakError("bad_request", "say what to collect of: an agent, a session, an incident, or the host");
}

async function refuseUnknownIncident(database: Pick<Database, "kysely"> | null, id: string | undefined): Promise<void> {
  if (id === undefined || database === null) return;
  const row = await database.kysely.selectFrom("incidents").select("id").where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `there is no incident ${id}`);
}

function ofSession(home: string, sessionId: string, agentId: string | undefined): CollectSubject {
  const session = sessionOfId(home, sessionId);
  if (session === null) {
    throw new FirebreakError("not_found", `no session ${sessionId} is known on this machine; collect where it ran`);
  }
  if (agentId !== undefined && agentId !== session.agentId) {
    throw new FirebreakError("bad_request", `session ${sessionId} is one of ${session.agentId}, not of ${agentId}`);
  }
  return { agentIds: [session.agentId], sessionId, sessions: [session] };
}

/** An agent without a session here may still have sent events. */
async function ofAgent(
  home: string,
  database: Pick<Database, "kysely"> | null,
  agentId: string,
): Promise<CollectSubject> {
  const sessions = sessionsOfAgent(home, agentId);
  const isKnown = sessions.length > 0 || (await wasSeen(database, agentId));
  if (!isKnown) throw new FirebreakError("not_found", `no agent ${agentId} was ever seen on this machine`);
  return { agentIds: [agentId], sessionId: sessions.length === 1 ? (sessions[0]?.sessionId ?? null) : null, sessions };
}

async function wasSeen(database: Pick<Database, "kysely"> | null, agentId: string): Promise<boolean> {
  if (database === null) return false;
  const row = await database.kysely.selectFrom("agents").select("id").where("id", "=", agentId).executeTakeFirst();
  return row !== undefined;
}

async function ofIncident(
  home: string,
  database: Pick<Database, "kysely"> | null,
  incidentId: string,
): Promise<CollectSubject> {
  if (database === null) {
    throw new FirebreakError("bad_request", "without the server nobody knows an incident's agents: name an agent too");
  }
  const { kysely } = database;
  const own = await kysely.selectFrom("incidents").select("agent_id").where("id", "=", incidentId).execute();
  const ofAlerts = await kysely.selectFrom("alerts").select("agent_id").where("incident_id", "=", incidentId).execute();
  const agentIds = [...new Set([...own, ...ofAlerts].flatMap(({ agent_id: id }) => id ?? []))].toSorted();
  if (agentIds.length === 0) {
    throw new FirebreakError("bad_request", `no agent belongs to ${incidentId}: name one, or collect of the host`);
  }
  return { agentIds, sessionId: null, sessions: agentIds.flatMap((id) => sessionsOfAgent(home, id)) };
}
