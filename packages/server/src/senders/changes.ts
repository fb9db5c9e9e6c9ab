import type { Actor, ChangeView } from "@firebreak/protocol";
import { SETTLED_STATES } from "@firebreak/protocol";
import { addTimelineEntry } from "../incidents/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Clock, NewId } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Database, Trx } from "../storage/index.ts";
import type { Change } from "./vendors/pagerduty.ts";

/** Open incidents that a change is written into at most, the newest: an unsettled one for long is no longer about it. */
const INCIDENTS_MAX = 50;

interface ChangeContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}

/**
 * Keeps what somebody says was changed, and writes it into the timeline of every incident that is open: what was changed
 * last is the first thing to ask about.
 */
export async function recordChange(ctx: ChangeContext, source: string, change: Change): Promise<string> {
  const id = ctx.newId("change");
  await inTransaction(ctx.database, async (trx) => {
    await trx
      .insertInto("changes")
      .values({
        id,
        source,
        at: toIso(change.atMs),
        received_at: toIso(ctx.clock.now()),
        summary: change.summary,
        origin: change.origin,
        links: JSON.stringify(change.links),
        detail: JSON.stringify(change.detail),
      })
      .execute();
    for (const incidentId of await openIncidents(trx)) {
      const from = change.origin === null ? source : `${change.origin}, told by ${source}`;
      await addTimelineEntry(trx, ctx, {
        incidentId,
        key: `change:${id}`,
        at: change.atMs,
        kind: "change",
        source: "senders",
        text: `Change: ${change.summary} (${from})`,
        data: { changeId: id, links: change.links },
      });
    }
    await notifyLive(trx, "source", source);
  });
  return id;
}

async function openIncidents(trx: Trx): Promise<string[]> {
  const rows = await trx
    .selectFrom("incidents")
    .select("id")
    .where("state", "not in", [...SETTLED_STATES])
    .orderBy("opened_at", "desc")
    .limit(INCIDENTS_MAX)
    .execute();
  return rows.map(({ id }) => id);
}

/** @returns the newest changes first */
export async function listChanges(
  { database }: { readonly database: Pick<Database, "kysely"> },
  query: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ items: ChangeView[]; next: string | null }> {
  const all = database.kysely.selectFrom("changes").selectAll().orderBy("id", "desc");
  const rows = await (query.after === undefined ? all : all.where("id", "<", query.after))
    .limit(query.limit + 1)
    .execute();
  const items = rows.slice(0, query.limit).map((row) => ({
    id: row.id,
    source: row.source,
    at: row.at.toISOString(),
    summary: row.summary,
    origin: row.origin,
    links: row.links,
    detail: row.detail,
  }));
  return { items, next: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
}
