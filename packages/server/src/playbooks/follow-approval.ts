import type { Actor, ApprovalState } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { emitDomainEvent, inTransaction, notifyLive, toStoredText } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { RunContext } from "./context.ts";
import { skipSteps } from "./end-steps-within.ts";
import { changeStep, readRun } from "./journal.ts";
import type { RunRecord, StepChange, StepRecord } from "./journal.ts";
import { isOpen } from "./tell-control.ts";

type FollowContext = Pick<RunContext, "database" | "clock"> & { readonly actor: Actor };

/**
 * Writes the answer to a question into the step that waits for it; the run goes on by itself. An answer that no step waits for any
 * more changes nothing.
 */
export async function followStepApproval(
  ctx: FollowContext,
  { approvalId, state }: { readonly approvalId: string; readonly state: ApprovalState },
): Promise<void> {
  if (state === "pending" || state === "used") return;
  const { kysely } = ctx.database;
  const row = await kysely
    .selectFrom("playbook_steps")
    .select(["run_id", "step_id"])
    .where("approval_id", "=", approvalId)
    .executeTakeFirst();
  if (row === undefined) return;
  const run = await readRun(ctx.database, row.run_id);
  const known = run.steps.get(row.step_id);
  if (known?.state !== "waiting") return;
  const change = await changeFor(ctx, approvalId, state);
  await inTransaction(ctx.database, async (trx) => {
    if (!(await isOpen(trx, run.id))) return;
    if (!(await changeStep(trx, run.id, known, change))) return;
    if (change.state === "denied") {
      await skipSteps(trx, run.id, { within: known.stepId }, "earlier_step_failed", ctx.clock.now());
      await tellDenial(trx, ctx, run, known, change);
    }
    await emitDomainEvent(trx, { type: "run.requested", runId: run.id });
    await notifyLive(trx, "run", run.id);
  });
}

async function changeFor(
  { database, clock }: FollowContext,
  approvalId: string,
  state: "approved" | "denied" | "expired",
): Promise<StepChange> {
  if (state === "approved") return { state: "pending", reason: "approved" };
  const endedAt = clock.now();
  if (state === "expired") {
    return { state: "denied", reason: "approval_expired", message: "nobody said yes in time", endedAt };
  }
  const answer = await database.kysely
    .selectFrom("approval_answers")
    .select(["answered_by", "reason"])
    .where("approval_id", "=", approvalId)
    .where("answer", "=", "denied")
    .executeTakeFirst();
  const message = answer === undefined ? "a person said no" : `${answer.answered_by.name} said no: ${answer.reason}`;
  return { state: "denied", reason: "approval_denied", message, endedAt };
}

async function tellDenial(
  trx: Trx,
  ctx: FollowContext,
  run: RunRecord,
  { stepId, approvalId }: StepRecord,
  { state, reason, message }: StepChange,
): Promise<void> {
  const at = ctx.clock.now();
  const text = toStoredText(`${run.playbookTitle}: the step ${stepId} is denied — ${message ?? ""}`);
  const data = { runId: run.id, playbookId: run.playbookId, stepId, state, reason, approvalId };
  await recordAudit(trx, { at, actor: ctx.actor, action: "playbook.step", target: run.id, detail: { ...data, text } });
  if (run.incidentId === null) return;
  const key = `run:${run.id}:${stepId}:denied:${approvalId ?? ""}`;
  const entry = { incidentId: run.incidentId, key, at, kind: "playbook_step", source: "playbook", text, data };
  await addTimelineEntry(trx, ctx, entry);
}
