import type { AlertView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { FirebreakError, severityLabel, toIso } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import { notifyLive } from "../storage/index.ts";
import type { AlertsTable, Database, Trx } from "../storage/index.ts";
import type { AlertProfile } from "./judge-match.ts";
import { toStorableText } from "./storable-text.ts";

export interface AlertContext {
  readonly database: Pick<Database, "kysely">;
  readonly profile: AlertProfile;
}

export interface AlertFilters {
  readonly status?: "open" | "resolved" | undefined;
  readonly incident?: string | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;

/** Alerts, newest first: their ids sort by the time they were opened. */
export async function listAlerts(
  ctx: AlertContext,
  filters: AlertFilters,
): Promise<{ items: AlertView[]; next: string | null }> {
  const limit = Math.max(1, Math.min(filters.limit ?? PAGE_DEFAULT, PAGE_MAX));
  let query = ctx.database.kysely.selectFrom("alerts").selectAll();
  if (filters.status !== undefined) query = query.where("status", "=", filters.status);
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

/**
 * Resolves what the incident stands for, in the transaction that resolves it. A later match of the same rule opens a
 * new alert.
 *
 * @returns the ids of the alerts resolved now
 */
export async function resolveAlertsOfIncident(
  trx: Trx,
  ctx: { readonly clock: Clock },
  incidentId: string,
): Promise<string[]> {
  return resolveAlertsWhere(trx, ctx, "incident_id", incidentId);
}

/** Settles an agent's open alerts, so that its next misbehaviour raises new ones. @returns their ids */
export async function resolveAlertsOfAgent(
  trx: Trx,
  ctx: { readonly clock: Clock },
  agentId: string,
): Promise<string[]> {
  return resolveAlertsWhere(trx, ctx, "agent_id", agentId);
}

async function resolveAlertsWhere(
  trx: Trx,
  ctx: { readonly clock: Clock },
  column: "incident_id" | "agent_id",
  value: string,
): Promise<string[]> {
  const rows = await trx
    .updateTable("alerts")
    .set({ status: "resolved", updated_at: toIso(ctx.clock.now()) })
    .where(column, "=", value)
    .where("status", "=", "open")
    .returning("id")
    .execute();
  for (const { id } of rows) await notifyLive(trx, "alert", id);
  return rows.map(({ id }) => id);
}

function toAlertView(row: Selectable<AlertsTable>, profile: AlertProfile): AlertView {
  return {
    id: row.id,
    ruleId: row.rule_id,
    title: row.title,
    level: row.level,
    severity: row.severity,
    severityLabel: severityLabel(profile, row.severity),
    incidentType: row.incident_type,
    status: row.status,
    agentId: row.agent_id,
    pack: row.pack,
    sessionId: row.session_id,
    sentence: row.sentence,
    detail: row.detail,
    firstEventAt: row.first_event_at.toISOString(),
    lastEventAt: row.last_event_at.toISOString(),
    occurrences: row.occurrences,
    eventIds: row.event_ids,
    incidentId: row.incident_id,
    createdAt: row.created_at.toISOString(),
  };
}
