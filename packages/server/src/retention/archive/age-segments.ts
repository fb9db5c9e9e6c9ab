import { recordAudit } from "../../audit/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";
import { agedBefore } from "../schedules.ts";
import type { Schedule } from "../schedules.ts";
import { copySegment, removeSegment } from "./segment-file.ts";
import { segmentsOf } from "./segments.ts";

const AT_ONCE = 50;

/** Moves segments that are past their time at hand into `archive/cold`, which may lie on cheaper storage. */
export async function ageSegments(ctx: RetentionContext, schedule: Schedule): Promise<void> {
  if (schedule.archiveDays === null) return;
  const stretch = { beforeMs: agedBefore(ctx.clock.now(), schedule.archiveDays) };
  const segments = await segmentsOf(ctx.database.kysely, schedule, stretch)
    .where("tier", "=", "warm")
    .selectAll()
    .orderBy("newest")
    .limit(AT_ONCE)
    .execute();
  for (const { id, file } of segments) {
    const cold = file.replace("archive/warm/", "archive/cold/");
    await copySegment(ctx.home, file, cold);
    await inTransaction(ctx.database, async (trx) => {
      await trx.updateTable("archive_segments").set({ file: cold, tier: "cold" }).where("id", "=", id).execute();
      const { actor, clock } = ctx;
      await recordAudit(trx, { at: clock.now(), actor, action: "retention.age", target: id, detail: { file: cold } });
    });
    await removeSegment(ctx.home, file);
  }
}
