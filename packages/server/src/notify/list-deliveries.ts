import type { DeliveryView } from "@firebreak/protocol";
import type { DeliveryRow, NotifyContext } from "./types.ts";

export interface DeliveryFilters {
  /** id of an incident */
  readonly incident?: string | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  /** 1 to 500, default 50 */
  readonly limit?: number | undefined;
}

const PAGE_DEFAULT = 50;
const PAGE_MAX = 500;

/** @returns deliveries, the newest first (ids sort by creation), paged by key */
export async function listDeliveries(
  ctx: Pick<NotifyContext, "database">,
  filters: DeliveryFilters = {},
): Promise<{ items: DeliveryView[]; next: string | null }> {
  const limit = Math.max(1, Math.min(filters.limit ?? PAGE_DEFAULT, PAGE_MAX));
  let query = ctx.database.kysely.selectFrom("deliveries").selectAll();
  if (filters.incident !== undefined) query = query.where("incident_id", "=", filters.incident);
  if (filters.after !== undefined) query = query.where("id", "<", filters.after);
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  return { items: page.map(toDeliveryView), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
}

/** @returns how many deliveries were given up and wait for a person */
export async function countFailedDeliveries(ctx: Pick<NotifyContext, "database">): Promise<number> {
  const { count } = await ctx.database.kysely
    .selectFrom("deliveries")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("state", "=", "failed")
    .executeTakeFirstOrThrow();
  return Number(count);
}

export function toDeliveryView(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    incidentId: row.incident_id,
    channel: row.channel,
    channelKind: row.channel_kind,
    template: row.template,
    subject: row.subject,
    state: row.state,
    attempts: row.attempts,
    lastError: row.last_error,
    receipt: row.receipt,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    deliveredAt: row.delivered_at?.toISOString() ?? null,
  };
}
