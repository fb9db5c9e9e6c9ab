import { z } from "zod";
import { recordDeletion } from "../../audit/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { breathe } from "../breathe.ts";
import type { RetentionContext } from "../context.ts";
import { holdOfLine, lockHolds, readActiveHolds } from "../holds/active-holds.ts";
import type { ActiveHold } from "../holds/active-holds.ts";
import { countDeleted } from "../notices.ts";
import { describeSchedule } from "../schedules.ts";
import type { Schedule } from "../schedules.ts";
import { parseKeys, readSegment, removeSegment } from "./segment-file.ts";
import type { SegmentRow } from "./segments.ts";

/** A line as the archive holds it; what else stands there is text to the holds. */
const archivedLine = z.object({ from: z.string(), to: z.string(), entry: z.number().optional() });

async function parseLines(lines: readonly string[]) {
  const rows: (z.output<typeof archivedLine> & { readonly text: string })[] = [];
  for (const [at, text] of lines.entries()) {
    await breathe(at);
    rows.push({ text, ...archivedLine.parse(JSON.parse(text)) });
  }
  return rows;
}

/**
 * Deletes a segment of the archive, unless a legal hold is on one row of it: then the whole segment stays. The record comes
 * first and the file goes after it; `sweepArchive` ends what a crash left in between.
 *
 * @returns the hold that keeps it, or null
 * @throws FirebreakError when the file is not there, or not what was signed
 */
export async function deleteSegment(
  ctx: RetentionContext,
  segment: SegmentRow,
  schedule: Schedule,
  noticeId: string,
): Promise<ActiveHold | null> {
  const keys = await ctx.database.kysely.selectFrom("log_keys").select("verifier_key").execute();
  const { lines } = await readSegment(ctx.home, segment.file, parseKeys(keys.map(({ verifier_key }) => verifier_key)));
  const rows = await parseLines(lines);
  const held = await inTransaction(ctx.database, async (trx) => {
    await lockHolds(trx);
    const holds = await readActiveHolds(trx);
    for (const { text, from, to } of holds.length === 0 ? [] : rows) {
      const hold = holdOfLine({ text, fromMs: Date.parse(from), toMs: Date.parse(to) }, holds);
      if (hold === undefined) continue;
      await trx.updateTable("archive_segments").set({ held_by: hold.id }).where("id", "=", segment.id).execute();
      return hold;
    }
    const now = ctx.clock.now();
    await trx
      .updateTable("archive_segments")
      .set({ deleted_at: toIso(now) })
      .where("id", "=", segment.id)
      .execute();
    await countDeleted(trx, noticeId, rows.length);
    await recordDeletion(trx, ctx.logKey, {
      at: now,
      actor: ctx.actor,
      target: segment.id,
      policy: describeSchedule(schedule),
      entries: rows.flatMap(({ entry }) => entry ?? []),
      detail: {
        class: segment.class,
        pack: segment.pack,
        from: "archive",
        notice: noticeId,
        rows: rows.length,
        oldest: segment.oldest.toISOString(),
        newest: segment.newest.toISOString(),
        sha256: segment.sha256,
      },
    });
    return null;
  });
  if (held === null) await removeSegment(ctx.home, segment.file);
  return held;
}
