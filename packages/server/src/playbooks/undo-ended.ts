import type { RunView } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { emitDomainEvent, inTransaction, toStoredText } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { Conclusion } from "./conclude.ts";
import { readRun } from "./journal.ts";
import type { RunRecord } from "./journal.ts";
import { getRun } from "./list-runs.ts";
import { isEndedRun } from "./reasons.ts";
import { findLockHolder, takePlace } from "./target-locks.ts";
import { tellControl } from "./tell-control.ts";
import type { ControlContext } from "./tell-control.ts";

interface UndoRequest {
  readonly runId: string;
  /** only the steps of this phase; left out, the whole run */
  readonly phase?: string | undefined;
  readonly reason: string;
}

/**
 * Takes back what a run has done that has ended, or one phase of it, in reverse order, as far as its steps say `undo: auto`; with the same
 * guarantees as an abort. The executor does it; the answer shows the run as it is now.
 *
 * @throws FirebreakError not_found for run or phase; conflict when it has not ended, was aborted, or another run acts on what it locks
 */
export async function undoEndedRun(ctx: ControlContext, { runId, phase, reason }: UndoRequest): Promise<RunView> {
  const run = await readRun(ctx.database, runId);
  const { state: from } = run;
  if (!isEndedRun(from)) {
    throw new FirebreakError("conflict", `run ${runId} has not ended: abort it, which undoes what it has done`);
  }
  if (from === "aborted" || from === "observed") {
    throw new FirebreakError("conflict", `run ${runId} is ${from}: there is nothing to undo`);
  }
  if (phase !== undefined && ![...run.steps.values()].some((step) => step.phase === phase)) {
    throw new FirebreakError("not_found", `run ${runId} has no phase ${phase}`);
  }
  await inTransaction(ctx.database, async (trx) => {
    const place = await placeOf(trx, run);
    const at = toIso(ctx.clock.now());
    const undo = { phase: phase ?? null, from };
    const abort = JSON.stringify({ actor: ctx.actor, reason: toStoredText(reason), at, undo });
    const result = await trx
      .updateTable("playbook_runs")
      .set({
        state: "running",
        reason: "undoing",
        ended_at: null,
        paused: null,
        abort,
        lock_place: place,
        times_ended: run.timesEnded + 1,
      })
      .where("id", "=", runId)
      .where("state", "=", from)
      .where("times_ended", "=", run.timesEnded)
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) {
      throw new FirebreakError("conflict", `run ${runId} has changed meanwhile; look at it again`);
    }
    const what = phase === undefined ? "what the run did" : `what the run did in the phase ${phase}`;
    const control = { action: "playbook.undo_run", stepId: null, did: `undoes ${what}`, reason };
    await tellControl(trx, ctx, run, { ...control, data: undo });
    await emitDomainEvent(trx, { type: "run.requested", runId });
  });
  return getRun(ctx.database, runId);
}

/** Nobody else may act on the same meanwhile. @throws FirebreakError conflict when somebody does */
async function placeOf(trx: Trx, run: RunRecord): Promise<string | null> {
  if (run.locks.length === 0) return null;
  const place = await takePlace(trx, run.locks);
  const holder = await findLockHolder(trx, { ...run, lockPlace: null });
  if (holder === null) return place.toString();
  const message = `${holder.playbookTitle} (run ${holder.runId}) has ${holder.lock}; wait until it has ended, or abort it`;
  throw new FirebreakError("conflict", message);
}

/** How a run ends whose effects were taken back. @param complete nothing that should be undone is still in effect */
export function concludeUndo({ abort }: Pick<RunRecord, "abort">, complete: boolean): Conclusion {
  const undo = abort?.undo;
  if (!undo) return { state: "aborted", reason: complete ? "aborted_by_person" : "undo_incomplete" };
  if (undo.phase === null) return { state: "aborted", reason: complete ? "undone_by_person" : "undo_incomplete" };
  const reason = complete ? "phase_undone" : "undo_incomplete";
  return { state: undo.from === "failed" ? "failed" : "completed_with_exceptions", reason };
}
