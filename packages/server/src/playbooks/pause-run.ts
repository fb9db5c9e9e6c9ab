import type { RunView } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { emitDomainEvent, inTransaction, toStoredText } from "../storage/index.ts";
import { readRun } from "./journal.ts";
import { getRun } from "./list-runs.ts";
import { isEndedRun } from "./reasons.ts";
import { tellControl } from "./tell-control.ts";
import type { ControlContext } from "./tell-control.ts";

interface RunControl {
  readonly runId: string;
  readonly reason: string;
}

/**
 * Lets nothing begin in a run until it is resumed. What runs may end; a person's answers are taken. Pausing what is paused
 * changes nothing.
 *
 * @throws FirebreakError not_found, conflict when the run has ended or is being aborted
 */
export async function pauseRun(ctx: ControlContext, { runId, reason }: RunControl): Promise<RunView> {
  const run = await readRun(ctx.database, runId);
  await inTransaction(ctx.database, async (trx) => {
    const at = toIso(ctx.clock.now());
    const paused = JSON.stringify({ actor: ctx.actor, reason: toStoredText(reason), at });
    const result = await trx
      .updateTable("playbook_runs")
      .set({ paused })
      .where("id", "=", runId)
      .where("state", "in", ["pending", "running", "waiting"])
      .where("abort", "is", null)
      .where("paused", "is", null)
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) return;
    await tellControl(trx, ctx, run, { action: "playbook.pause_run", stepId: null, did: "paused the run", reason });
  });
  const after = await readRun(ctx.database, runId);
  if (after.paused === null || after.abort !== null || isEndedRun(after.state))
    throw new FirebreakError("conflict", `run ${runId} cannot be paused: ${whyNot(after)}`);
  return getRun(ctx.database, runId);
}

/**
 * Lets a paused run go on. Resuming what is not paused changes nothing.
 *
 * @throws FirebreakError not_found, conflict when the run has ended
 */
export async function resumeRun(ctx: ControlContext, { runId, reason }: RunControl): Promise<RunView> {
  const run = await readRun(ctx.database, runId);
  if (isEndedRun(run.state)) throw new FirebreakError("conflict", `run ${runId} cannot be resumed: ${whyNot(run)}`);
  await inTransaction(ctx.database, async (trx) => {
    const result = await trx
      .updateTable("playbook_runs")
      .set({ paused: null })
      .where("id", "=", runId)
      .where("paused", "is not", null)
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) return;
    await tellControl(trx, ctx, run, { action: "playbook.resume_run", stepId: null, did: "resumed the run", reason });
    await emitDomainEvent(trx, { type: "run.requested", runId });
  });
  return getRun(ctx.database, runId);
}

function whyNot(run: Pick<Awaited<ReturnType<typeof readRun>>, "state" | "abort">): string {
  return isEndedRun(run.state) ? `it has ended: ${run.state.replaceAll("_", " ")}` : "it is being aborted";
}
