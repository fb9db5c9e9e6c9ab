import { roleAllows } from "@firebreak/protocol";
import type { Role, RunView } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { skipSteps } from "./end-steps-within.ts";
import { changeStep, readRun } from "./journal.ts";
import type { RunRecord, StepRecord } from "./journal.ts";
import { getRun } from "./list-runs.ts";
import { openBooks } from "./run-books.ts";
import type { RunTexts } from "./run-books.ts";
import { isEndedRun, isFailure } from "./reasons.ts";
import { reopenAround } from "./reopen-around.ts";
import { reopenRun } from "./reopen-run.ts";
import { tellControl } from "./tell-control.ts";
import type { ControlContext } from "./tell-control.ts";

export interface StepControl {
  readonly runId: string;
  readonly stepId: string;
  readonly reason: string;
}

/**
 * Passes over a step that has not begun, waits, or did not succeed; the run goes on without it, and ends
 * completed_with_exceptions at best when the step was required. A step that is running cannot be passed over.
 *
 * @throws FirebreakError not_found; forbidden when the step is required and the caller is no commander; conflict when the step
 *   or its run is in no state for it
 */
export async function passOverStep(
  ctx: ControlContext & { readonly access: Role },
  { runId, stepId, reason }: StepControl,
): Promise<RunView> {
  const run = await readRun(ctx.database, runId);
  const known = run.steps.get(stepId);
  if (!known) throw new FirebreakError("not_found", `run ${runId} has no step ${stepId}`);
  refuseSkip(run, known);
  if (isRequired(run, stepId) && !roleAllows(ctx.access, "commander")) {
    throw new FirebreakError("forbidden", `step ${stepId} is required: passing over it needs the role commander`);
  }
  await inTransaction(ctx.database, async (trx) => {
    await reopenRun(trx, run);
    await reopenAround(trx, run, stepId, ctx.clock.now());
    const uncertain = known.state === "interrupted" || known.state === "timed_out";
    const change = { state: "skipped", reason: uncertain ? "may_have_acted" : "skipped_by_person" } as const;
    const endedAt = ctx.clock.now();
    if (!(await changeStep(trx, runId, known, { ...change, message: reason, endedAt }))) {
      throw new FirebreakError("conflict", `step ${stepId} has changed meanwhile; look at the run again`);
    }
    await skipSteps(trx, runId, { within: stepId }, "skipped_by_person", endedAt);
    const did = `skipped the step ${stepId}, which was ${known.state.replaceAll("_", " ")}`;
    await tellControl(trx, ctx, run, { action: "playbook.skip_step", stepId, did, reason, data: { was: known.state } });
  });
  return getRun(ctx.database, runId);
}

function refuseSkip(run: RunRecord, step: StepRecord): void {
  const { stepId, state } = step;
  const open = state === "pending" || state === "waiting" || state === "interrupted";
  if (isEndedRun(run.state) ? run.state === "failed" && isFailure(state) : open || isFailure(state)) return;
  const why =
    state === "running"
      ? "it is running; wait until it has ended, or abort the run"
      : `it is ${state.replaceAll("_", " ")} and its run ${run.state.replaceAll("_", " ")}`;
  throw new FirebreakError("conflict", `step ${stepId} cannot be skipped: ${why}`);
}

/** @returns true also when this version cannot read what the run began with */
export function isRequired(run: RunTexts, stepId: string): boolean {
  return openBooks(run)?.find(stepId)?.step.required ?? true;
}
