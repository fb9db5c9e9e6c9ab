import { LIVE_ACTION_STATES } from "@firebreak/protocol";
import type { ActionView } from "@firebreak/protocol";
import { readAction, toActionView } from "./action-row.ts";
import type { ActionContext } from "./context.ts";

export interface ActionFilters {
  /** true: only what is, or may be, in effect */
  readonly live?: boolean | undefined;
  readonly incidentId?: string | undefined;
  /** only of the effector of this name */
  readonly effector?: string | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listActions(
  { database }: Pick<ActionContext, "database">,
  { live, incidentId, effector, after, limit }: ActionFilters,
): Promise<{ items: ActionView[]; next: string | null }> {
  let query = database.kysely.selectFrom("actions").selectAll();
  if (live === true) query = query.where("state", "in", LIVE_ACTION_STATES);
  if (incidentId !== undefined) query = query.where("incident_id", "=", incidentId);
  if (effector !== undefined) query = query.where("effector", "=", effector);
  if (after !== undefined) query = query.where("id", "<", after);
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map(toActionView);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** @throws FirebreakError not_found */
export async function getAction(ctx: Pick<ActionContext, "database">, id: string): Promise<ActionView> {
  return toActionView(await readAction(ctx, id));
}
