import { noteOutcome, useApproval } from "../approvals/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { approvalContext, askForAction, askForGo } from "./ask-approval.ts";
import { JournalMoved, noteStep, recordOf, tellLive, tellStory, writeStep } from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { ActionStep, ApprovalStep } from "./format.ts";
import { changeRun } from "./journal.ts";
import { endStep, performStep } from "./perform-step.ts";
import type { PlannedStep } from "./plan.ts";
import { prepareCall } from "./prepare-call.ts";
import type { StepReason } from "./reasons.ts";
import { STEP_APPROVAL, argumentsOfAction, argumentsOfApproval, useOf } from "./step-question.ts";

/** An action that needs a yes: asks for it, or acts once it is there. The yes is spent before anything is done. */
export async function beginApprovedAction(
  execution: Execution,
  planned: PlannedStep,
  step: ActionStep,
  ask: NonNullable<ActionStep["approval"]>,
): Promise<void> {
  const known = recordOf(execution, planned.id);
  if (known.reason !== "approved") return askForAction(execution, planned, step, ask);
  const prepared = prepareCall(execution, planned.id, step, known.attempts > 0 ? known.input : undefined);
  if (prepared.ok) {
    const given = argumentsOfAction(execution, planned.id, step, prepared.input);
    if (!(await spend(execution, planned, given))) return;
  }
  await performStep(execution, planned);
  const { state, approvalId } = recordOf(execution, planned.id);
  if (approvalId !== null) await noteOutcome(approvalContext(execution), approvalId, state.replaceAll("_", " "));
}

/** A go or no-go: asks, or lets what stands within it begin once the yes is there. */
export async function beginApprovalStep(execution: Execution, planned: PlannedStep, step: ApprovalStep): Promise<void> {
  const known = recordOf(execution, planned.id);
  if (known.reason !== "approved") return askForGo(execution, planned, step);
  if (!(await spend(execution, planned, argumentsOfApproval(execution, planned, step)))) return;
  const { ctx, run } = execution;
  const now = ctx.clock.now();
  const goesOn = (step.steps ?? []).length > 0;
  const change = { state: goesOn ? "running" : "succeeded", reason: "approved" } as const;
  const dueAt = now + planned.timeBoxMs;
  await inTransaction(ctx.database, async (trx) => {
    const running = { state: "running", reason: null, startedAt: now } as const;
    if (!(await changeRun(trx, run.id, running, { unlessPaused: true }))) throw new JournalMoved();
    await writeStep(execution, trx, known, { ...change, dueAt, endedAt: goesOn ? null : now });
    const text = `${step.title}: approved`;
    const key = `${planned.id}:approved:${known.approvalId ?? ""}`;
    await tellStory(execution, trx, { key, stepId: planned.id, text, data: change });
  });
  void tellLive(execution);
  noteStep(execution, known, { ...change, dueAt });
}

/**
 * Spends the yes. What is about to be done must be exactly what was approved, and the yes not too old.
 *
 * @returns false when it is not: the step is then denied
 */
async function spend(
  execution: Execution,
  planned: PlannedStep,
  given: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const { approvalId } = recordOf(execution, planned.id);
  const use = { kind: STEP_APPROVAL, arguments: given, usedFor: useOf(execution, planned.id) };
  try {
    if (approvalId === null) throw new FirebreakError("conflict", "nobody was asked");
    await inTransaction(execution.ctx.database, (trx: Trx) =>
      useApproval(trx, approvalContext(execution), { ...use, id: approvalId }),
    );
    return true;
  } catch (fault) {
    if (!(fault instanceof FirebreakError)) throw fault;
    const reason = await reasonOf(execution, approvalId);
    await endStep(execution, planned, { state: "denied", reason, message: fault.message, output: {}, mayRetry: false });
    return false;
  }
}

async function reasonOf({ ctx }: Execution, approvalId: string | null): Promise<StepReason> {
  const late = await ctx.database.kysely
    .selectFrom("approvals")
    .select("id")
    .where("id", "=", approvalId ?? "")
    .where("expires_at", "<=", new Date(toIso(ctx.clock.now())))
    .executeTakeFirst();
  return late === undefined ? "approval_mismatch" : "approval_expired";
}
