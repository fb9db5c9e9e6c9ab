import { statfs } from "node:fs/promises";
import { retentionSchedule } from "@firebreak/protocol";
import type { RetentionView } from "@firebreak/protocol";
import type { RetentionContext } from "./context.ts";
import { schedulesOf } from "./schedules.ts";

const DAY_MS = 86_400_000;

/** The policy as it is applied, what the last pass did, and what the archive holds. */
export async function showRetention(
  ctx: Pick<RetentionContext, "database" | "home" | "profile">,
): Promise<RetentionView> {
  const { kysely } = ctx.database;
  const state = await kysely.selectFrom("retention_state").select("last_report").executeTakeFirst();
  const archive = await kysely
    .selectFrom("archive_segments")
    .select(({ fn }) => [
      fn.countAll<string>().as("segments"),
      fn.sum<string | null>("row_count").as("rows"),
      fn.sum<string | null>("bytes").as("bytes"),
    ])
    .where("deleted_at", "is", null)
    .executeTakeFirstOrThrow();
  const holds = await kysely
    .selectFrom("legal_holds")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("released_at", "is", null)
    .executeTakeFirstOrThrow();
  const copies = await kysely
    .selectFrom("evidence_copies")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("state", "=", "deleting")
    .executeTakeFirstOrThrow();
  const { retention } = ctx.profile;
  return {
    schedules: schedulesOf(retention).map((schedule) => retentionSchedule.parse(schedule)),
    lastRun: state?.last_report ?? null,
    archive: {
      segments: Number(archive.segments),
      rows: Number(archive.rows ?? 0),
      bytes: Number(archive.bytes ?? 0),
    },
    storage: { usedPercent: await readUsedPercent(ctx.home), warnPercent: retention.storagePercent },
    legalHolds: Number(holds.count),
    copiesDue: Number(copies.count),
  };
}

/** @returns how full the file system of the home is, in percent of what may be used; null when it cannot be told */
export async function readUsedPercent(home: string): Promise<number | null> {
  try {
    const { blocks, bfree, bavail } = await statfs(home);
    const used = blocks - bfree;
    return used + bavail === 0 ? null : Math.round((used / (used + bavail)) * 1000) / 10;
  } catch {
    return null;
  }
}

/** @returns whether a pass is owed: once a day, and at once where the last one had more to do or was cut off */
export async function isRetentionDue({
  database,
  clock,
}: Pick<RetentionContext, "database" | "clock">): Promise<boolean> {
  const state = await database.kysely.selectFrom("retention_state").selectAll().executeTakeFirst();
  const began = state?.last_started_at?.getTime() ?? null;
  const report = state?.last_report ?? null;
  if (began === null || report === null || report.more) return true;
  return Date.parse(report.at) < began || began <= clock.now() - DAY_MS;
}
