import type { ExportView, NewExportRequest } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction, toStoredText } from "../../storage/index.ts";
import type { EventExportsTable } from "../../storage/index.ts";
import { searchEvents } from "../../telemetry/index.ts";
import type { ExplorerContext } from "../context.ts";
import { toQueryForm } from "../query-form.ts";

/**
 * Notes that somebody wants an export; the file is written while it is fetched.
 *
 * @throws FirebreakError bad_request for filters that cannot be read
 */
export async function requestExport(ctx: ExplorerContext, request: NewExportRequest): Promise<ExportView> {
  const { format } = request;
  const filters = toQueryForm(request.filters);
  // what cannot be searched is refused now, and not in the middle of the file
  await searchEvents(ctx, { ...request.filters, limit: 1 });
  const now = ctx.clock.now();
  const id = ctx.newId("export");
  const { until: asked } = request.filters;
  // what happens at this very moment is taken in
  const until = toIso(asked === undefined ? now + 1 : Math.min(now + 1, Date.parse(asked)));
  const reason = toStoredText(request.reason);
  return inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .insertInto("event_exports")
      .values({
        id,
        format,
        state: "pending",
        filters: JSON.stringify(filters),
        reason,
        requested_by: JSON.stringify(ctx.actor),
        requested_at: toIso(now),
        until,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const detail = { format, filters, until, reason };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "export.request", target: id, detail });
    return toExportView(row);
  });
}

const EXTENSIONS = { ndjson: "ndjson", csv: "csv", ocsf: "ocsf.ndjson" } as const;

export function toExportView(row: Selectable<EventExportsTable>): ExportView {
  return {
    id: row.id,
    format: row.format,
    state: row.state,
    filters: row.filters,
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    events: Number(row.events),
    bytes: Number(row.bytes),
    sha256: row.sha256,
    fileName: `${row.id}.${EXTENSIONS[row.format]}`,
    manifest: row.manifest,
  };
}

/** @throws FirebreakError not_found */
export async function getExport(ctx: Pick<ExplorerContext, "database">, id: string): Promise<ExportView> {
  const row = await ctx.database.kysely.selectFrom("event_exports").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no export ${id}.`);
  return toExportView(row);
}

/** @returns exports, newest first: their ids sort by the time they were asked for */
export async function listExports(
  ctx: Pick<ExplorerContext, "database">,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ items: ExportView[]; next: string | null }> {
  let query = ctx.database.kysely.selectFrom("event_exports").selectAll();
  if (after !== undefined) query = query.where("id", "<", toStoredText(after));
  const rows = await query
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map(toExportView);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
