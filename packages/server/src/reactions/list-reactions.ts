import type { ReactionCounts, ReactionView } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";

export interface ReactionFilters {
  readonly incident?: string | undefined;
  readonly state?: ReactionView["state"] | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

type ReadContext = Pick<ReactionContext, "database">;

const PAGE_DEFAULT = 50;
const PAGE_MAX = 500;

/** What automatic containment decided, newest first. */
export async function listReactions(
  { database }: ReadContext,
  { incident, state, after, limit = PAGE_DEFAULT }: ReactionFilters,
): Promise<{ items: ReactionView[]; next: string | null }> {
  const most = Math.max(1, Math.min(limit, PAGE_MAX));
  let query = database.kysely.selectFrom("reactions").selectAll();
  if (incident !== undefined) query = query.where("incident_id", "=", incident);
  if (state !== undefined) query = query.where("state", "=", state);
  if (after !== undefined) query = query.where("id", "<", after);
  const rows = await query
    .orderBy("id", "desc")
    .limit(most + 1)
    .execute();
  const items = rows.slice(0, most).map(toReactionView);
  return { items, next: rows.length > most ? (items.at(-1)?.id ?? null) : null };
}

/** @throws FirebreakError not_found */
export async function getReaction({ database }: ReadContext, id: string): Promise<ReactionView> {
  const row = await database.kysely.selectFrom("reactions").selectAll().where("id", "=", id).executeTakeFirst();
  if (row !== undefined) return toReactionView(row);
  throw new FirebreakError("not_found", `There is no reaction ${id}. List them to find its id.`);
}

export function toReactionView(row: ReactionRow): ReactionView {
  const { id, rule, title, mode, state, kind, what, target, parameters, changes, rail, message } = row;
  return {
    id,
    rule,
    title,
    mode,
    state,
    kind,
    what,
    target,
    parameters,
    changes,
    blastRadius: row.blast_radius,
    agentId: row.agent_id,
    sessionId: row.session_id,
    incidentId: row.incident_id,
    alertId: row.alert_id,
    rail,
    railReason: row.rail_reason,
    message,
    approvalId: row.approval_id,
    actionId: row.action_id,
    runId: row.run_id,
    at: row.at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** What these came to; each counts once. */
export function countReactions(
  reactions: readonly Pick<ReactionRow, "mode" | "state" | "rail" | "acted_at" | "approval_id" | "agent_id">[],
): ReactionCounts {
  const count = (of: (one: (typeof reactions)[number]) => boolean) => reactions.filter(of).length;
  return {
    observed: count(({ mode, state }) => mode === "observe" && state === "observed"),
    acted: count(({ acted_at }) => acted_at !== null),
    asked: count(({ approval_id, rail }) => approval_id !== null && rail === null),
    held: count(({ mode, rail }) => mode === "act" && rail !== null),
    failed: count(({ state }) => state === "failed"),
    agents: new Set(reactions.flatMap(({ agent_id }) => agent_id ?? [])).size,
  };
}
