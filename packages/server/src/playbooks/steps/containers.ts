import { evaluate } from "../conditions.ts";
import type { Execution } from "../execution.ts";
import { injectFault, noteStep, recordOf, tellLive } from "../execution.ts";
import type { StepFacts } from "../facts.ts";
import { skipSteps, timeOutContainers } from "../end-steps-within.ts";
import type { StepRecord } from "../journal.ts";
import { wasStopped } from "../next-moves.ts";
import type { PlannedStep } from "../plan.ts";
import { scopeInCall } from "../scope.ts";
import { inTransaction } from "../../storage/index.ts";
import { recordBegin, writeNews } from "./record-step.ts";
import type { StepNews } from "./record-step.ts";

export async function beginParallel(execution: Execution, planned: PlannedStep): Promise<void> {
  await recordBegin(execution, planned, { state: "running", reason: null, said: "" });
}

/** Ends a step when everything within it has ended. */
export async function settleContainer(execution: Execution, planned: PlannedStep, facts: StepFacts): Promise<void> {
  const news = wasStopped(facts)
    ? ({ state: "failed", reason: "failed_within", said: "a step within it failed and stopped it" } as const)
    : succeed(execution, planned, facts);
  const { ctx, run } = execution;
  injectFault(execution, "step.applied", planned.id);
  const known = recordOf(execution, planned.id);
  const { noted, skipped } = await inTransaction(ctx.database, async (trx) => ({
    noted: await writeNews(execution, trx, planned, news),
    skipped: await skipSteps(trx, run.id, { within: planned.id }, "earlier_step_failed", ctx.clock.now()),
  }));
  void tellLive(execution);
  noteStep(execution, known, noted);
  noteAll(execution, skipped, { state: "skipped", reason: "earlier_step_failed" });
  injectFault(execution, "step.recorded", planned.id);
}

function succeed(execution: Execution, { id, step }: PlannedStep, facts: StepFacts): StepNews {
  const { output, reason } = recordOf(execution, id);
  switch (step.type) {
    case "for-each": {
      const count = facts.lists.length;
      return {
        state: "succeeded",
        reason: null,
        said: `${count} ${count === 1 ? "item" : "items"}`,
        output: { count },
      };
    }
    case "sub-playbook":
      return outputsOf(execution, id, step.playbook);
    case "approval":
    case "decision":
    case "parallel":
    case "action":
    case "verify":
    case "manual":
    case "wait":
      return { state: "succeeded", reason: reason === "done_by_person" ? reason : null, said: "", output };
    default:
      return step satisfies never;
  }
}

function outputsOf(execution: Execution, rowId: string, playbook: string): StepNews {
  const outputs: [string, unknown][] = [];
  for (const [name, text] of Object.entries(execution.books?.called.get(playbook)?.outputs ?? {})) {
    const outcome = evaluate(text, scopeInCall(execution, rowId));
    if (!outcome.ok) return { state: "failed", reason: "condition_failed", said: `output ${name}: ${outcome.message}` };
    outputs.push([name, outcome.value]);
  }
  return { state: "succeeded", reason: null, said: "", output: Object.fromEntries(outputs) };
}

/** Ends a step whose time box has run out, with everything within it that is open. */
export async function expireStep(execution: Execution, planned: PlannedStep): Promise<void> {
  const said = `not done within its time box of ${planned.step.timeBox}`;
  const news = { state: "timed_out", reason: "time_box", said } as const;
  const { ctx, run } = execution;
  injectFault(execution, "step.applied", planned.id);
  const known = recordOf(execution, planned.id);
  const { noted, skipped, timedOut } = await inTransaction(ctx.database, async (trx) => ({
    noted: await writeNews(execution, trx, planned, news),
    skipped: await skipSteps(trx, run.id, { within: planned.id }, "time_box", ctx.clock.now()),
    timedOut: await timeOutContainers(trx, run.id, planned.id, ctx.clock.now()),
  }));
  void tellLive(execution);
  noteStep(execution, known, noted);
  noteAll(execution, skipped, { state: "skipped", reason: "time_box" });
  noteAll(execution, timedOut, { state: "timed_out", reason: "time_box" });
  injectFault(execution, "step.recorded", planned.id);
}

function noteAll(execution: Execution, stepIds: readonly string[], change: Partial<StepRecord>): void {
  for (const stepId of stepIds) noteStep(execution, recordOf(execution, stepId), change);
}

export function findFacts(facts: readonly StepFacts[], stepId: string): StepFacts | null {
  for (const one of facts) {
    const found = one.id === stepId ? one : findFacts(one.lists.flat(), stepId);
    if (found) return found;
  }
  return null;
}
