import { SETTLED_STATES } from "@firebreak/protocol";
import type { IncidentState, IncidentSummary, Severity } from "@firebreak/protocol";
import { sql } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import { summarize } from "./internal.ts";
import type { IncidentContext } from "./types.ts";

export interface IncidentFilters {
  /** one state, or `open` for every state that is not settled */
  readonly state?: IncidentState | "open" | undefined;
  readonly severity?: Severity | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  /** 1 to 500, default 50 */
  readonly limit?: number | undefined;
}

const PAGE_DEFAULT = 50;
const PAGE_MAX = 500;

/** @returns incidents, the newest first, paged by key */
export async function listIncidents(
  ctx: Pick<IncidentContext, "database" | "clock">,
  filters: IncidentFilters = {},
): Promise<{ items: IncidentSummary[]; next: string | null }> {
  const limit = Math.max(1, Math.min(filters.limit ?? PAGE_DEFAULT, PAGE_MAX));
  const rows = await selectPage(ctx, filters, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const items = await summarize(ctx.database.kysely, page, ctx.clock.now());
  return { items, next: rows.length > limit && last !== undefined ? `${last.opened_at.getTime()}.${last.id}` : null };
}

function selectPage(ctx: Pick<IncidentContext, "database">, filters: IncidentFilters, limit: number) {
  let query = ctx.database.kysely.selectFrom("incidents").selectAll();
  if (filters.state === "open") query = query.where("state", "not in", [...SETTLED_STATES]);
  else if (filters.state !== undefined) query = query.where("state", "=", filters.state);
  if (filters.severity !== undefined) query = query.where("severity", "=", filters.severity);
  if (filters.after !== undefined) {
    const { openedAt, id } = parseCursor(filters.after);
    query = query.where(sql<boolean>`(opened_at, id) < (${openedAt}, ${id})`);
  }
  return query.orderBy("opened_at", "desc").orderBy("id", "desc").limit(limit).execute();
}

function parseCursor(after: string): { openedAt: Date; id: string } {
  const [, time, id] = /^(\d{1,15})\.([A-Za-z0-9._-]{1,64})$/.exec(after) ?? [];
  if (time === undefined || id === undefined) {
    throw new FirebreakError("bad_request", "`after` is not the `next` of a page of incidents. Begin without it.");
  }
  return { openedAt: new Date(Number(time)), id };
}
