import type { AlertDisposition, AlertView, Matcher, Severity } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { toAlertView } from "./alert-view.ts";
import type { AlertProfile } from "./judge-match.ts";
import { conditionsOf } from "./match-alerts.ts";
import { toStorableText } from "./storable-text.ts";

export interface AlertContext {
  readonly database: Pick<Database, "kysely">;
  readonly profile: AlertProfile;
}

export interface AlertFilters {
  readonly status?: "open" | "resolved" | undefined;
  readonly disposition?: AlertDisposition | undefined;
  readonly source?: string | undefined;
  readonly severity?: Severity | undefined;
  /** conditions on labels */
  readonly matchers?: readonly Matcher[] | undefined;
  readonly incident?: string | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;

/**
 * Alerts, newest first: their ids sort by the time they were opened.
 *
 * @throws FirebreakError `invalid_body` for a regular expression that does not compile
 */
export async function listAlerts(
  ctx: AlertContext,
  filters: AlertFilters,
): Promise<{ items: AlertView[]; next: string | null }> {
  const limit = Math.max(1, Math.min(filters.limit ?? PAGE_DEFAULT, PAGE_MAX));
  let query = ctx.database.kysely.selectFrom("alerts").selectAll();
  if (filters.status !== undefined) query = query.where("status", "=", filters.status);
  if (filters.disposition !== undefined) query = query.where("disposition", "=", filters.disposition);
  if (filters.source !== undefined) query = query.where("source", "=", toStorableText(filters.source));
  if (filters.severity !== undefined) query = query.where("severity", "=", filters.severity);
  const within = filters.status === "open" ? "open" : "all";
  for (const condition of await conditionsOf(ctx.database.kysely, filters.matchers ?? [], within)) {
    query = query.where(condition);
  }
  if (filters.incident !== undefined) query = query.where("incident_id", "=", toStorableText(filters.incident));
  if (filters.after !== undefined) query = query.where("id", "<", toStorableText(filters.after));
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map((row) => toAlertView(row, ctx.profile));
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** @throws FirebreakError not_found */
export async function getAlert(ctx: AlertContext, id: string): Promise<AlertView> {
  const row = await ctx.database.kysely
    .selectFrom("alerts")
    .selectAll()
    .where("id", "=", toStorableText(id))
    .executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no alert ${id}.`);
  return toAlertView(row, ctx.profile);
}

/** @returns how many alerts are open */
export async function countOpenAlerts(ctx: Pick<AlertContext, "database">): Promise<number> {
  const { open } = await ctx.database.kysely
    .selectFrom("alerts")
    .select((expression) => expression.fn.countAll<string>().as("open"))
    .where("status", "=", "open")
    .executeTakeFirstOrThrow();
  return Number(open);
}
