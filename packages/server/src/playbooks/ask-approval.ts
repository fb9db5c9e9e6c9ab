import { requestApproval } from "../approvals/index.ts";
import type { ApprovalContext } from "../approvals/index.ts";
import type { Effector } from "../containment/index.ts";
import { openTimeBox, runWithin } from "../containment/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { FirebreakError, messageOf, toIso } from "../kernel/index.ts";
import { inTransaction, toStoredJson } from "../storage/index.ts";
import { parseDuration } from "./duration.ts";
import {
  JournalMoved,
  effectorContext,
  injectFault,
  noteStep,
  recordOf,
  tellLive,
  tellStory,
  writeStep,
} from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { ActionStep, ApprovalStep } from "./format.ts";
import { changeRun } from "./journal.ts";
import { endStep } from "./perform-step.ts";
import type { PlannedStep } from "./plan.ts";
import { prepareCall } from "./prepare-call.ts";
import { STEP_APPROVAL, argumentsOfAction, argumentsOfApproval, linesOfApproval, questionOf } from "./step-question.ts";

type Ask = Pick<ApprovalStep, "people" | "expiresAfter" | "checklist">;

/** Asks whether an action may act, with exactly the parameters that it would act with. */
export async function askForAction(
  execution: Execution,
  planned: PlannedStep,
  step: ActionStep,
  ask: Ask,
): Promise<void> {
  const { attempts, input: begun } = recordOf(execution, planned.id);
  const prepared = prepareCall(execution, planned.id, step, attempts > 0 ? begun : undefined);
  if (!prepared.ok) {
    const { state, reason, message } = prepared;
    await endStep(execution, planned, { state, reason, message, output: {}, mayRetry: false });
    return;
  }
  const { effector, input } = prepared;
  await askPersons(execution, planned, {
    ...ask,
    reason: `${execution.run.playbookTitle}: ${step.effector}`,
    arguments: argumentsOfAction(execution, planned.id, step, input),
    preview: await previewLines(execution, planned, effector, input),
    expiresInMs: durationMs(ask.expiresAfter),
    input,
    begins: false,
  });
}

/** Asks whether to go on; what stands within the step runs only after a yes, and the answer is to its parameters. */
export async function askForGo(execution: Execution, planned: PlannedStep, step: ApprovalStep): Promise<void> {
  const expiresInMs = Math.min(durationMs(step.expiresAfter), planned.timeBoxMs);
  const expiresAt = toIso(execution.ctx.clock.now() + expiresInMs);
  const question = questionOf(execution, planned, step);
  await askPersons(execution, planned, {
    ...step,
    reason: question,
    arguments: argumentsOfApproval(execution, planned, step),
    preview: linesOfApproval(execution, planned),
    expiresInMs,
    input: { question, checklist: step.checklist, people: step.people, expiresAt },
    begins: true,
  });
}

interface Question extends Ask {
  readonly reason: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly preview: readonly string[];
  readonly expiresInMs: number;
  /** what the journal keeps of the step */
  readonly input: Readonly<Record<string, unknown>>;
  /** asking is the step itself, not only what comes before it */
  readonly begins: boolean;
}

async function askPersons(execution: Execution, planned: PlannedStep, question: Question): Promise<void> {
  try {
    await writeQuestion(execution, planned, question);
  } catch (fault) {
    if (!(fault instanceof FirebreakError) || fault instanceof JournalMoved) throw fault;
    const message = `it could not be asked, so it is not done: ${fault.message}`;
    const result = { state: "denied", reason: "approval_not_asked", message, output: {}, mayRetry: false } as const;
    await endStep(execution, planned, result);
  }
}

async function writeQuestion(execution: Execution, planned: PlannedStep, question: Question): Promise<void> {
  const { ctx, run } = execution;
  const known = recordOf(execution, planned.id);
  const startedAt = ctx.clock.now();
  const approvalId = ctx.newId("approval");
  const attempts = known.attempts + (question.begins ? 1 : 0);
  const waiting = { state: "waiting", reason: "waiting_for_approval", attempts, approvalId } as const;
  injectFault(execution, "step.before_begin", planned.id);
  await inTransaction(ctx.database, async (trx) => {
    const running = { state: "running", reason: null, startedAt } as const;
    if (!(await changeRun(trx, run.id, running, { unlessPaused: true }))) throw new JournalMoved();
    const input = toStoredJson(question.input) ?? "{}";
    await writeStep(execution, trx, known, { ...waiting, input, startedAt });
    await requestApproval(trx, approvalContext(execution), {
      id: approvalId,
      kind: STEP_APPROVAL,
      title: planned.step.title,
      target: run.id,
      reason: question.reason,
      arguments: { ...question.arguments },
      preview: [...question.preview],
      checklist: [...question.checklist],
      incidentId: run.incidentId,
      expiresInMs: question.expiresInMs,
      role: planned.asks?.role?.access ?? "responder",
      answersNeeded: question.people,
      onBehalfOf: [run.requestedBy, ...(known.retriedBy === null ? [] : [known.retriedBy])],
      remindAfterMs: planned.asks?.remindAfterMs ?? null,
      escalateTo: planned.asks?.escalateTo?.access ?? null,
    });
    const whom = planned.asks?.role?.title ?? "a person";
    const text = `${planned.step.title}: waits for a yes of ${whom} until ${toIso(startedAt + question.expiresInMs)}`;
    const data = { state: "waiting", approvalId };
    await tellStory(execution, trx, { key: `${planned.id}:asks:${approvalId}`, stepId: planned.id, text, data });
  });
  void tellLive(execution);
  noteStep(execution, known, { ...waiting, input: question.input });
  injectFault(execution, "step.begun", planned.id);
}

/** The playbook asks. */
export function approvalContext({ ctx, actor }: Execution): ApprovalContext {
  const { database, clock, newId } = ctx;
  return {
    database,
    clock,
    newId,
    actor,
    recordTimeline: (trx, entry) => addTimelineEntry(trx, { actor, clock }, entry),
  };
}

const PREVIEW_MAX_MS = 5000;

/** What would change; a preview that does not work is said, and keeps nobody from asking. */
async function previewLines(
  execution: Execution,
  planned: PlannedStep,
  effector: Effector,
  input: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const box = openTimeBox(PREVIEW_MAX_MS);
  try {
    const boxed = await runWithin(box, (signal) =>
      effector.preview(effectorContext(execution, planned.id, signal), input),
    );
    if (boxed.kind === "threw") return [`what would change cannot be said: ${messageOf(boxed.error)}`];
    if (boxed.kind === "timed_out") return ["what would change could not be said in time"];
    const { changes, obstacles } = boxed.value;
    return [
      ...changes,
      ...obstacles.map((obstacle) => `would be refused now: ${obstacle}`),
      ...(effector.destroysEvidence ? ["destroys evidence"] : []),
    ];
  } finally {
    box.close();
  }
}

/** The schema has checked the pattern before. */
function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new TypeError(`not a duration: ${text}`);
  return ms;
}
