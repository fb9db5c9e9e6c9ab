import type { Actor, RunView, StepView } from "@firebreak/protocol";
import { answerApproval, getApproval } from "../../../approvals/index.ts";
import { completeManualStep, followStepApproval } from "../../../playbooks/index.ts";
import { answerTo } from "./days.ts";
import type { Day } from "./days.ts";

export const OWNER: Actor = { kind: "person", id: "usr_ada", name: "ada" };
const ASSISTANT: Actor = { kind: "daemon", id: "approvals", name: "Firebreak" };

export type AnswerContext = Omit<Parameters<typeof completeManualStep>[0], "actor" | "access">;

export interface Opinion {
  readonly day: Day;
  readonly approval: "approved" | "denied";
  /** what a person finds who looks whether an interrupted step took effect */
  readonly happened: (step: StepView) => boolean;
}

/** A person who may answers one step that waits for them. */
export async function answerStep(ctx: AnswerContext, run: RunView, step: StepView, opinion: Opinion): Promise<void> {
  if (step.state === "waiting" && step.approvalId !== null) {
    await answerQuestion(ctx, step.approvalId, opinion.approval);
    return;
  }
  const answer =
    step.state === "interrupted"
      ? { result: opinion.happened(step) ? ("done" as const) : ("again" as const), note: "looked whether it happened" }
      : answerTo(step, opinion.day);
  const person = { ...ctx, actor: OWNER, access: "commander" as const };
  await completeManualStep(person, { runId: run.id, stepId: step.id, ...answer });
}

async function answerQuestion(ctx: AnswerContext, id: string, answer: Opinion["approval"]): Promise<void> {
  const asking = { ...ctx, recordTimeline: async () => {} };
  const by = { actor: OWNER, access: "commander" as const };
  const { digest, checklist } = await getApproval(asking, by, id);
  const given = { id, digest, checked: checklist, answer, reason: "a test" };
  const { state } = await answerApproval(asking, by, given);
  await followStepApproval({ ...ctx, actor: ASSISTANT }, { approvalId: id, state });
}
