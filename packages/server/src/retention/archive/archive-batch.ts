import { rangesOf, recordAudit } from "../../audit/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import { dropBatch } from "../batch.ts";
import type { Batch, Selection } from "../batch.ts";
import type { RetentionContext } from "../context.ts";
import { removeSegment, segmentFile, writeSegment } from "./segment-file.ts";
import type { SegmentManifest } from "./segment-file.ts";

/**
 * Moves rows out of the database into one segment of the archive. They are dropped in the transaction that records the segment,
 * after it was read back from disk; when that transaction fails the file goes again, and after a crash in between
 * `sweepArchive` removes it.
 */
export async function archiveBatch(
  ctx: RetentionContext,
  origin: string,
  selection: Selection,
  batch: Batch,
): Promise<void> {
  const { rows } = batch;
  if (rows.length === 0) return;
  const id = ctx.newId("archiveSegment");
  const oldestMs = rows.reduce((least, row) => Math.min(least, row.fromMs), Infinity);
  const newestMs = rows.reduce((most, row) => Math.max(most, row.toMs), -Infinity);
  const { schedule, store } = selection;
  const file = segmentFile("warm", { class: schedule.class, id, newestMs });
  const about = {
    id,
    origin,
    class: schedule.class,
    pack: schedule.pack,
    table: store.table,
    oldest: toIso(oldestMs),
    newest: toIso(newestMs),
    createdAt: toIso(ctx.clock.now()),
  };
  const lines = rows.map(({ line }) => line);
  try {
    const manifest = await writeSegment(ctx.home, file, lines, about, ctx.logKey);
    await inTransaction(ctx.database, async (trx) => {
      await dropBatch(trx, selection, batch);
      await recordSegment(trx, ctx, { file, manifest, batch, tier: "warm" });
    });
  } catch (fault) {
    await removeSegment(ctx.home, file);
    throw fault;
  }
}

interface Written {
  readonly file: string;
  readonly manifest: SegmentManifest;
  readonly batch: { readonly rows: readonly { readonly entry: number | null }[] };
  readonly tier: "warm" | "cold";
}

const RANGES_TOLD_MAX = 500;

/** Puts a segment on record, in the transaction that drops what it holds elsewhere. */
export async function recordSegment(
  trx: Trx,
  ctx: RetentionContext,
  { file, manifest, batch, tier }: Written,
): Promise<void> {
  const entries = batch.rows.flatMap(({ entry }) => entry ?? []).toSorted((left, right) => left - right);
  const { id, class: name, pack, table, rows, oldest, newest, bytes, sha256, createdAt } = manifest;
  await trx
    .insertInto("archive_segments")
    .values({
      id,
      class: name,
      pack,
      table_name: table,
      file,
      tier,
      oldest,
      newest,
      row_count: String(rows),
      bytes: String(bytes),
      sha256,
      first_entry: entries[0] === undefined ? null : String(entries[0]),
      last_entry: entries.at(-1) === undefined ? null : String(entries.at(-1)),
      created_at: createdAt,
      held_by: null,
    })
    .execute();
  const ranges = rangesOf(entries);
  await recordAudit(trx, {
    at: ctx.clock.now(),
    actor: ctx.actor,
    action: "retention.archive",
    target: id,
    detail: { class: name, pack, table, rows, oldest, newest, sha256, entries: ranges.slice(0, RANGES_TOLD_MAX) },
  });
}
