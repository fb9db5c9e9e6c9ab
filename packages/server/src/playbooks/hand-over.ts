import { roleAllows } from "@firebreak/protocol";
import type { RunView } from "@firebreak/protocol";
import { findPerson } from "../access/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { requestStepNotifications } from "../notify/index.ts";
import type { NotifyContext } from "../notify/index.ts";
import { inTransaction } from "../storage/index.ts";
import { readRun } from "./journal.ts";
import { getRun } from "./list-runs.ts";
import { isEndedRun } from "./reasons.ts";
import { lockOpenRun, tellControl } from "./tell-control.ts";
import type { ControlContext } from "./tell-control.ts";

export interface HandOver {
  readonly runId: string;
  /** only this step; left out, the whole run */
  readonly stepId?: string | undefined;
  /** a user's name */
  readonly to: string;
  readonly reason: string;
}

/**
 * Makes another person answerable for a run, or asks that person for one of its steps. Others with the role may still answer:
 * nobody waits for one who is asleep. The person is told through the channels of the profile.
 *
 * @throws FirebreakError not_found for run, step or user; conflict when the run has ended or the user may only look
 */
export async function handOver(
  ctx: ControlContext & NotifyContext,
  { runId, stepId, to, reason }: HandOver,
): Promise<RunView> {
  const run = await readRun(ctx.database, runId);
  if (stepId !== undefined && !run.steps.has(stepId)) {
    throw new FirebreakError("not_found", `run ${runId} has no step ${stepId}`);
  }
  if (isEndedRun(run.state))
    throw new FirebreakError("conflict", `run ${runId} has ended: there is nothing to hand over`);
  const person = await findPerson(ctx, to);
  if (person === null) throw new FirebreakError("not_found", `there is no user ${to} who may sign in`);
  if (person.access === "agent" || !roleAllows(person.access, "responder")) {
    throw new FirebreakError("conflict", `${to} may only look; hand it to somebody with the role responder`);
  }
  await inTransaction(ctx.database, async (trx) => {
    await lockOpenRun(trx, runId);
    if (stepId === undefined) {
      await trx.updateTable("playbook_runs").set({ owner: to }).where("id", "=", runId).execute();
    } else {
      const step = trx.updateTable("playbook_steps").set({ assignee: to }).where("run_id", "=", runId);
      await step.where("step_id", "=", stepId).execute();
    }
    const did = `handed ${stepId === undefined ? "the run" : `the step ${stepId}`} over to ${to}`;
    const action = stepId === undefined ? "playbook.hand_over_run" : "playbook.hand_over_step";
    await tellControl(trx, ctx, run, { action, stepId: stepId ?? null, did, reason, data: { to } });
    await requestStepNotifications(trx, ctx, {
      runId,
      stepId: stepId ?? "run",
      playbook: run.playbookTitle,
      title: `handed over by ${ctx.actor.name}: ${reason}`,
      whom: to,
      person: to,
      incidentId: run.incidentId,
      severity: null,
      dueAt: null,
      occasion: `hand-over-${ctx.clock.now()}`,
    });
  });
  return getRun(ctx.database, runId);
}
