import type { AgentView, Hold, SessionView } from "@firebreak/protocol";
import { HOLD_LEVELS, holdCovers } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { AgentsTable } from "../storage/index.ts";
import { readTextKey } from "./read-events.ts";
import type { ReadContext } from "./read-events.ts";
import { toSessionView } from "./session-row.ts";

const LIVE_SESSIONS_MAX = 10_000;

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;

export interface PageInput {
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

function limitOf(page: PageInput): number {
  return Math.max(1, Math.min(page.limit ?? PAGE_DEFAULT, PAGE_MAX));
}

/**
 * Agents by id.
 *
 * @param holds the active holds, from the kill switch: each agent shows those that bear on it
 */
export async function listAgents(ctx: ReadContext, page: PageInput, holds: readonly Hold[]): Promise<Page<AgentView>> {
  const limit = limitOf(page);
  let query = ctx.database.kysely.selectFrom("agents").selectAll();
  if (page.after !== undefined) query = query.where("id", ">", readTextKey("after", page.after));
  const rows = await query
    .orderBy("id")
    .limit(limit + 1)
    .execute();
  const shown = rows.slice(0, limit);
  const sessions = await findLatestSessions(ctx, shown);
  const items = shown.map((row) => toAgentView(row, sessions.get(row.id) ?? null, holds));
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** @throws FirebreakError not_found */
export async function getAgent(ctx: ReadContext, id: string, holds: readonly Hold[]): Promise<AgentView> {
  const row = await ctx.database.kysely
    .selectFrom("agents")
    .selectAll()
    .where("id", "=", readTextKey("id", id))
    .executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `No agent ${id} was ever seen.`);
  const sessions = await findLatestSessions(ctx, [row]);
  return toAgentView(row, sessions.get(id) ?? null, holds);
}

async function findLatestSessions(
  ctx: ReadContext,
  agents: readonly { id: string }[],
): Promise<Map<string, SessionView>> {
  if (agents.length === 0) return new Map();
  const ids = agents.map(({ id }) => id);
  const rows = await ctx.database.kysely
    .selectFrom("agent_sessions")
    .selectAll()
    .distinctOn("agent_id")
    .where("agent_id", "in", ids)
    .orderBy("agent_id")
    .orderBy("started_at", "desc")
    .orderBy("id", "desc")
    .execute();
  return new Map(rows.map((row) => [row.agent_id, toSessionView(row)]));
}

function toAgentView(row: Selectable<AgentsTable>, session: SessionView | null, holds: readonly Hold[]): AgentView {
  const subject = { agent: row.id, pack: row.pack ?? undefined, session: session?.id };
  const bearing = holds.filter((candidate) => holdCovers(candidate, subject));
  return {
    id: row.id,
    pack: row.pack,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    holds: bearing.toSorted((a, b) => HOLD_LEVELS.indexOf(b.level) - HOLD_LEVELS.indexOf(a.level)),
    session,
  };
}

export interface SessionFilters extends PageInput {
  readonly agent?: string | undefined;
  readonly pack?: string | undefined;
  readonly state?: SessionView["state"] | undefined;
}

/** Sessions, newest first: their ids sort by the time they were made. */
export async function listSessions(ctx: ReadContext, filters: SessionFilters): Promise<Page<SessionView>> {
  const limit = limitOf(filters);
  let query = ctx.database.kysely.selectFrom("agent_sessions").selectAll();
  if (filters.agent !== undefined) query = query.where("agent_id", "=", filters.agent);
  if (filters.pack !== undefined) query = query.where("pack", "=", filters.pack);
  if (filters.state !== undefined) query = query.where("state", "=", filters.state);
  if (filters.after !== undefined) query = query.where("id", "<", readTextKey("after", filters.after));
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map((row) => toSessionView(row));
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** @returns the sessions that run or are frozen, and those that fell silent since then, the newest first */
export async function listLiveSessions(
  ctx: ReadContext,
  { lostSinceMs }: { readonly lostSinceMs: number },
): Promise<SessionView[]> {
  const rows = await ctx.database.kysely
    .selectFrom("agent_sessions")
    .selectAll()
    .where("state", "in", ["running", "frozen", "lost"])
    .where("last_heartbeat_at", ">", new Date(lostSinceMs))
    .orderBy("id", "desc")
    .limit(LIVE_SESSIONS_MAX)
    .execute();
  return rows.map((row) => toSessionView(row));
}

/** @throws FirebreakError not_found */
export async function getSession(ctx: ReadContext, id: string): Promise<SessionView> {
  const row = await ctx.database.kysely
    .selectFrom("agent_sessions")
    .selectAll()
    .where("id", "=", readTextKey("id", id))
    .executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no session ${id}.`);
  return toSessionView(row);
}
