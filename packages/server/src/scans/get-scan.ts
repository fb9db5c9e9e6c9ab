import type { ScanHit, ScanView } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import type { ScanReader } from "./context.ts";
import { viewHit, viewScan } from "./scan-row.ts";
import type { ScanRow } from "./scan-row.ts";

const LIST_MAX = 100;

/** Newest first: their ids sort by the time they were asked for. */
export async function listScans(ctx: ScanReader): Promise<ScanView[]> {
  const { kysely } = ctx.database;
  const rows = await kysely.selectFrom("indicator_scans").selectAll().orderBy("id", "desc").limit(LIST_MAX).execute();
  return withHits(ctx, rows);
}

/** @throws FirebreakError not_found */
export async function getScan(ctx: ScanReader, id: string): Promise<ScanView> {
  const rows = await ctx.database.kysely.selectFrom("indicator_scans").selectAll().where("id", "=", id).execute();
  const [view] = await withHits(ctx, rows);
  if (view !== undefined) return view;
  throw new FirebreakError("not_found", `There is no scan ${id}. Of those that ended, the newest are kept.`);
}

async function withHits({ database }: ScanReader, rows: readonly ScanRow[]): Promise<ScanView[]> {
  if (rows.length === 0) return [];
  const counts = await database.kysely
    .selectFrom("indicator_scan_hits")
    .select(["scan_id", ({ fn }) => fn.countAll<string>().as("count")])
    .where(
      "scan_id",
      "in",
      rows.map(({ id }) => id),
    )
    .groupBy("scan_id")
    .execute();
  const byScan = new Map(counts.map(({ scan_id: id, count }) => [id, Number(count)]));
  return rows.map((row) => viewScan(row, byScan.get(row.id) ?? 0));
}

/** What a scan found, the gravest first. @throws FirebreakError not_found */
export async function listScanHits(
  ctx: ScanReader,
  { id, after, limit }: { readonly id: string; readonly after?: string | undefined; readonly limit: number },
): Promise<{ items: ScanHit[]; next: string | null }> {
  await getScan(ctx, id);
  const offset = /^\d{1,6}$/.test(after ?? "") ? Number(after) : 0;
  const rows = await ctx.database.kysely
    .selectFrom("indicator_scan_hits")
    .selectAll()
    .where("scan_id", "=", id)
    .orderBy("severity")
    .orderBy("value")
    .orderBy("place")
    .orderBy("indicator_id")
    .offset(offset)
    .limit(limit + 1)
    .execute();
  return { items: rows.slice(0, limit).map(viewHit), next: rows.length > limit ? String(offset + limit) : null };
}
