import { toStorableText } from "../alerts/index.ts";
import { messageOf, programFile, startWorker, toIso } from "../kernel/index.ts";
import type { WorkerLine } from "../kernel/index.ts";
import { readEntryPages } from "../indicators/index.ts";
import { inTransaction, isTransientDatabaseError, notifyLive } from "../storage/index.ts";
import type { ScanContext } from "./context.ts";
import type { Walked } from "./progress.ts";
import { reportHits } from "./report-hits.ts";
import { ask } from "./ask-worker.ts";
import { walkArchives } from "./walk-archives.ts";
import { walkEvents } from "./walk-events.ts";
import { walkFolder } from "./walk-folder.ts";
import type { ScanRow } from "./scan-row.ts";

const TIMEOUT_MS = 12 * 60 * 60_000;

/**
 * Looks for indicators in what a scan asks for, in a thread of its own that has no way to the database. What was found is kept with the
 * place up to which it counts: after a crash it goes on there.
 */
export async function runScan(ctx: ScanContext, id: string, signal: AbortSignal): Promise<void> {
  const row = await begin(ctx, id);
  if (row === undefined) return;
  try {
    const walked = await walk(ctx, row, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
    if (walked === "cancelled") return;
    if (row.alert) await reportHits(ctx, id);
    await end(ctx, id, null);
  } catch (fault) {
    // the node stops or its database is away: another try goes on
    if (signal.aborted || isTransientDatabaseError(fault)) throw fault;
    ctx.logger.warn("a scan for indicators failed", { scan: id, problem: messageOf(fault) });
    await end(ctx, id, messageOf(fault));
  }
}

async function begin({ database, clock }: ScanContext, id: string): Promise<ScanRow | undefined> {
  return database.kysely
    .updateTable("indicator_scans")
    .set((row) => ({
      state: "running" as const,
      started_at: row.fn.coalesce("started_at", row.cast<Date>(row.val(toIso(clock.now())), "timestamptz")),
    }))
    .where("id", "=", id)
    .where("state", "in", ["pending", "running"])
    .returningAll()
    .executeTakeFirst();
}

async function walk(ctx: ScanContext, row: ScanRow, signal: AbortSignal): Promise<Walked> {
  const { target } = row;
  const nowMs = ctx.clock.now();
  const line = startWorker(
    ctx.scanWorkerFile ?? programFile("scan-worker"),
    { target, nowMs, without: ctx.home },
    signal,
  );
  try {
    const indicators = await sendEntries(ctx, row, line);
    if (indicators === 0) return "complete";
    switch (target.kind) {
      case "events":
        return await walkEvents(ctx, { row, target, line });
      case "evidence":
        return await walkArchives(ctx, { row, target, line });
      case "folder":
        return await walkFolder(ctx, { row, target, line });
    }
  } finally {
    await line.end();
  }
}

/** @returns how many are looked for */
async function sendEntries({ database }: ScanContext, row: ScanRow, line: WorkerLine): Promise<number> {
  const { id, after_version: after, through_version: through } = row;
  let indicators = 0;
  for await (const entries of readEntryPages(
    database,
    after === null || through === null ? undefined : { after, through },
  )) {
    indicators += entries.filter(({ effect }) => effect === "match").length;
    await ask(line, { kind: "entries", entries });
  }
  await database.kysely.updateTable("indicator_scans").set({ indicators }).where("id", "=", id).execute();
  return indicators;
}

async function end({ database, clock }: ScanContext, id: string, problem: string | null): Promise<void> {
  const ending =
    problem === null
      ? { state: "done" as const, share: 1 }
      : { state: "failed" as const, problem: toStorableText(problem.slice(0, 1000)) };
  await inTransaction(database, async (trx) => {
    await trx
      .updateTable("indicator_scans")
      .set({ ...ending, ended_at: toIso(clock.now()) })
      .where("id", "=", id)
      .where("state", "=", "running")
      .execute();
    await notifyLive(trx, "indicator_scan", id);
  });
}
