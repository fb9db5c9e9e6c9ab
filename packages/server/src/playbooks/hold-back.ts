import { inTransaction } from "../storage/index.ts";
import { JournalMoved, tellLive, tellStory } from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { RunContext } from "./context.ts";
import { changeRun } from "./journal.ts";
import type { RunRecord } from "./journal.ts";
import type { RunReason } from "./reasons.ts";
import { findLockHolder, takePlace } from "./target-locks.ts";

/** Why a run may not act now. */
type Hold = Extract<RunReason, "paused" | "locked">;

/**
 * Looks whether a run may act: it is not paused and nobody has its locks. What may not act is waiting, and on record as such.
 * The answer for the locks holds until the run ends or gives them up: only who came before stands in the way.
 *
 * @returns why it waits, or null
 * @throws JournalMoved when the run has ended or is being aborted
 */
export async function holdBack(execution: Execution): Promise<Hold | null> {
  const { ctx, run } = execution;
  if (run.abort !== null) return null;
  if (run.paused !== null) {
    await wait(execution, "paused", null);
    return "paused";
  }
  if (run.locks.length === 0) return null;
  const place = run.lockPlace ?? (await inTransaction(ctx.database, (trx) => queueUp(trx, execution)));
  const holder = await findLockHolder(ctx.database.kysely, { ...run, lockPlace: place });
  if (holder === null) return null;
  await wait(execution, "locked", {
    key: `locked:${run.timesEnded}:${holder.runId}`,
    text: `${run.playbookTitle}: waits for ${holder.lock}, which ${holder.playbookTitle} (${holder.runId}) has`,
    data: { reason: "locked", lock: holder.lock, runId: holder.runId },
  });
  return "locked";
}

async function queueUp(trx: Parameters<typeof takePlace>[0], { run }: Execution): Promise<bigint> {
  const place = await takePlace(trx, run.locks);
  const result = await trx
    .updateTable("playbook_runs")
    .set({ lock_place: place.toString() })
    .where("id", "=", run.id)
    .where("lock_place", "is", null)
    .where("abort", "is", null)
    .where("state", "in", ["pending", "running", "waiting"])
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) throw new JournalMoved();
  return place;
}

async function wait(
  execution: Execution,
  reason: Hold,
  story: Pick<Parameters<typeof tellStory>[2], "key" | "text" | "data"> | null,
): Promise<void> {
  const { ctx, run } = execution;
  await inTransaction(ctx.database, async (trx) => {
    const startedAt = ctx.clock.now();
    if (!(await changeRun(trx, run.id, { state: "waiting", reason, startedAt }))) throw new JournalMoved();
    if (story !== null) await tellStory(execution, trx, { ...story, stepId: null });
  });
  await tellLive(execution);
}

/** @returns true when what held the run back is over, without anybody having executed it since */
export async function mayGoOn(
  { database }: Pick<RunContext, "database">,
  run: RunRecord,
  reason: Hold,
): Promise<boolean> {
  if (run.abort !== null) return true;
  if (reason === "paused") return run.paused === null;
  return run.paused === null && (await findLockHolder(database.kysely, run)) === null;
}
