import { createHash } from "node:crypto";
import type { EventView, EventExportFormat, ExportView } from "@firebreak/protocol";
import { eventFilters } from "@firebreak/protocol";
import { formatManifest } from "@firebreak/verifier";
import type { Selectable } from "kysely";
import { getLog, openLogKey, recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { EventExportsTable, Trx } from "../../storage/index.ts";
import { searchEvents } from "../../telemetry/index.ts";
import type { ExplorerContext } from "../context.ts";
import { csvHeader, csvLine } from "./csv.ts";
import { OCSF_VERSION, toOcsf } from "./ocsf.ts";
import { toExportView } from "./request-export.ts";

export interface ExportContext extends ExplorerContext {
  /** where the key of the log lies */
  readonly home: string;
  /** of Firebreak */
  readonly version: string;
}

export const EXPORT_MEDIA_TYPES = {
  ndjson: "application/x-ndjson; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
  ocsf: "application/x-ndjson; charset=utf-8",
} as const satisfies Record<EventExportFormat, string>;

/** A page is as long as its events are short, so that memory stays bounded. */
const PAGE_BYTES_WANTED = 4 * 1024 * 1024;
const PAGE_ROWS = { min: 16, first: 64, max: 500 };

/** One that broke off without a word (`kill -9`) can be fetched again after so long. */
const RUNNING_MAX_MS = 60 * 60_000;

/**
 * Begins the file of an export. It is read page by page as it is sent; at its end the manifest is signed.
 *
 * @returns the export, and the file in pieces; whoever stops reading it leaves the export failed
 * @throws FirebreakError not_found; conflict when it was fetched already, or is being fetched
 */
export async function openExport(
  ctx: ExportContext,
  id: string,
): Promise<{ readonly view: ExportView; readonly content: AsyncGenerator<Buffer, void> }> {
  const row = await inTransaction(ctx.database, async (trx) => {
    const taken = await takeUp(trx, ctx, id);
    const detail = { format: taken.format };
    await recordAudit(trx, { at: ctx.clock.now(), actor: ctx.actor, action: "export.fetch", target: id, detail });
    return taken;
  });
  const view = toExportView(row);
  return { view, content: writeContent(ctx, view, row.until.toISOString()) };
}

async function takeUp(trx: Trx, ctx: ExportContext, id: string): Promise<Selectable<EventExportsTable>> {
  const stale = new Date(ctx.clock.now() - RUNNING_MAX_MS);
  const row = await trx
    .updateTable("event_exports")
    .set({ state: "running", events: 0, bytes: 0, finished_at: toIso(ctx.clock.now()) })
    .where("id", "=", id)
    .where((where) =>
      where.or([
        where("state", "in", ["pending", "failed"]),
        where.and([where("state", "=", "running"), where("finished_at", "<", stale)]),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) return row;
  const found = await trx.selectFrom("event_exports").select("state").where("id", "=", id).executeTakeFirst();
  if (found === undefined) throw new FirebreakError("not_found", `There is no export ${id}.`);
  const what = found.state === "done" ? "was fetched already" : "is being fetched";
  throw new FirebreakError("conflict", `The export ${id} ${what}. Ask for another with the same filters.`);
}

interface Written {
  events: number;
  bytes: number;
  firstSeq: number | null;
  lastSeq: number | null;
}

async function* writeContent(ctx: ExportContext, view: ExportView, until: string): AsyncGenerator<Buffer, void> {
  const hash = createHash("sha256");
  const written: Written = { events: 0, bytes: 0, firstSeq: null, lastSeq: null };
  let isWhole = false;
  try {
    for await (const piece of readPieces(ctx, view, until, written)) {
      hash.update(piece);
      written.bytes += piece.length;
      yield piece;
    }
    await finish(ctx, view, { ...written, until, sha256: hash.digest("hex") });
    isWhole = true;
  } finally {
    if (!isWhole) await leaveFailed(ctx, view, written);
  }
}

async function* readPieces(
  ctx: ExportContext,
  { format, filters }: ExportView,
  until: string,
  written: Written,
): AsyncGenerator<Buffer, void> {
  const asked = eventFilters.parse(filters);
  const write = writerOf(ctx, format);
  if (format === "csv") yield Buffer.from(csvHeader());
  let limit = PAGE_ROWS.first;
  for (let after: string | null | undefined; after !== null;) {
    const page: Awaited<ReturnType<typeof searchEvents>> = await searchEvents(ctx, {
      ...asked,
      until,
      order: "oldest",
      after,
      limit,
    });
    const piece = Buffer.from(page.items.map(write).join(""));
    written.events += page.items.length;
    written.firstSeq ??= page.items[0]?.seq ?? null;
    written.lastSeq = page.items.at(-1)?.seq ?? written.lastSeq;
    if (piece.length > 0) yield piece;
    limit = rowsFor(piece.length, page.items.length);
    after = page.next;
  }
}

function rowsFor(bytes: number, rows: number): number {
  const fitting = rows === 0 ? PAGE_ROWS.max : Math.floor((PAGE_BYTES_WANTED * rows) / bytes);
  return Math.max(PAGE_ROWS.min, Math.min(PAGE_ROWS.max, fitting));
}

function writerOf({ version }: ExportContext, format: EventExportFormat): (event: EventView) => string {
  switch (format) {
    case "ndjson":
      return (event) => `${JSON.stringify(event)}\n`;
    case "csv":
      return csvLine;
    case "ocsf":
      return (event) => `${JSON.stringify(toOcsf(event, version))}\n`;
    default:
      return format satisfies never;
  }
}

async function finish(
  ctx: ExportContext,
  view: ExportView,
  written: Written & { readonly until: string; readonly sha256: string },
): Promise<void> {
  const now = ctx.clock.now();
  const { events, bytes, sha256 } = written;
  const manifest = await signManifest(ctx, view, written, now);
  await inTransaction(ctx.database, async (trx) => {
    await trx
      .updateTable("event_exports")
      .set({ state: "done", events, bytes, sha256, manifest, finished_at: toIso(now) })
      .where("id", "=", view.id)
      .execute();
    const detail = { format: view.format, events, bytes, sha256 };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "export.finish", target: view.id, detail });
  });
}

async function leaveFailed(ctx: ExportContext, view: ExportView, { events, bytes }: Written): Promise<void> {
  const now = ctx.clock.now();
  await inTransaction(ctx.database, async (trx) => {
    await trx
      .updateTable("event_exports")
      .set({ state: "failed", events, bytes, finished_at: toIso(now) })
      .where("id", "=", view.id)
      .execute();
    const detail = { format: view.format, events, bytes };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "export.break", target: view.id, detail });
  });
}

/** The manifest names the log as it was at the end of the file: what was exported was in it, or came later. */
async function signManifest(
  ctx: ExportContext,
  view: ExportView,
  written: Written & { readonly until: string; readonly sha256: string },
  now: number,
): Promise<string> {
  const { events, bytes, sha256, firstSeq, lastSeq, until } = written;
  const log = await getLog(ctx).catch((fault: unknown) => {
    if (fault instanceof FirebreakError && fault.code === "not_found") return null;
    throw fault;
  });
  const key = openLogKey(ctx.home);
  const content = {
    id: view.id,
    format: view.format,
    ...(view.format === "ocsf" ? { schema: OCSF_VERSION } : {}),
    file: view.fileName,
    filters: view.filters,
    until,
    reason: view.reason,
    requestedBy: view.requestedBy,
    requestedAt: view.requestedAt,
    fetchedBy: ctx.actor,
    finishedAt: toIso(now),
    version: ctx.version,
    events,
    bytes,
    sha256,
    firstSeq,
    lastSeq,
    log: log === null ? null : { origin: log.origin, size: log.size, checkpoint: log.checkpoint },
  };
  return formatManifest(content, { name: log?.origin ?? "firebreak", publicKey: key.publicKey, sign: key.sign });
}
