import { inTransaction } from "../storage/index.ts";
import { evaluateCondition } from "./conditions.ts";
import { noteStep, recordOf, tellLive, tellStory, writeStep } from "./execution.ts";
import type { Execution } from "./execution.ts";
import { skipSteps } from "./end-steps-within.ts";
import type { PlannedStep } from "./plan.ts";
import { scopeAt } from "./scope.ts";

/** What a step's `when` says. */
export type WhenVerdict = "run" | "skip" | { readonly failed: string };

export function judgeWhen(execution: Execution, { id, step }: PlannedStep): WhenVerdict {
  if (step.when === undefined || recordOf(execution, id).attempts > 0) return "run";
  const truth = evaluateCondition(step.when, scopeAt(execution, id));
  if (!truth.ok) return { failed: truth.message };
  return truth.holds ? "run" : "skip";
}

/** Leaves a step out, and what stands within it, because its condition is not fulfilled. */
export async function skipStep(execution: Execution, { id, step }: PlannedStep): Promise<void> {
  const { ctx, run } = execution;
  const known = recordOf(execution, id);
  const message = `not needed here: ${step.when ?? ""} is false`;
  const change = { state: "skipped", reason: "condition_false" } as const;
  const endedAt = ctx.clock.now();
  const within = await inTransaction(ctx.database, async (trx) => {
    await writeStep(execution, trx, known, { ...change, message, endedAt });
    const skipped = await skipSteps(trx, run.id, { within: id }, "condition_false", endedAt);
    await tellStory(execution, trx, {
      key: `${id}:skipped`,
      stepId: id,
      text: `${step.title}: ${message}`,
      data: change,
    });
    return skipped;
  });
  void tellLive(execution);
  noteStep(execution, known, change);
  for (const stepId of within) noteStep(execution, recordOf(execution, stepId), change);
}
