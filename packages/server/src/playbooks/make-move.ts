import { inTransaction } from "../storage/index.ts";
import { beginApprovalStep, beginApprovedAction } from "./begin-approved.ts";
import { noteStep, recordOf, tellLive, tellStory, writeStep } from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { StepFacts } from "./facts.ts";
import type { Move } from "./next-moves.ts";
import { neededOutputs } from "./needed-output.ts";
import { openManualStep } from "./open-manual-step.ts";
import { endStep, performStep } from "./perform-step.ts";
import type { PlannedStep } from "./plan.ts";
import { judgeWhen, skipStep } from "./skip-step.ts";
import { beginParallel, expireStep, findFacts, settleContainer } from "./steps/containers.ts";
import { beginDecision } from "./steps/decision.ts";
import { beginForEach } from "./steps/for-each.ts";
import { beginSubPlaybook } from "./steps/sub-playbook.ts";
import { beginWait, lookAtWait } from "./steps/wait.ts";

/** A step that died with its executor this often is not tried again without a person. */
const DEATHS_MAX = 5;

export async function makeMove(
  execution: Execution,
  planned: PlannedStep,
  move: Move,
  facts: readonly StepFacts[],
): Promise<void> {
  switch (move.kind) {
    case "begin":
      return beginStep(execution, planned);
    case "recover":
      return recoverStep(execution, planned);
    case "look":
      return planned.step.type === "wait" ? lookAtWait(execution, planned, planned.step) : undefined;
    case "expire":
      return expireStep(execution, planned);
    case "settle": {
      const found = findFacts(facts, planned.id);
      return found ? settleContainer(execution, planned, found) : undefined;
    }
    default:
      return move satisfies never;
  }
}

async function beginStep(execution: Execution, planned: PlannedStep): Promise<void> {
  const verdict = judgeWhen(execution, planned);
  if (verdict === "skip") return skipStep(execution, planned);
  if (verdict !== "run") return failCondition(execution, planned, verdict.failed);
  const { step } = planned;
  switch (step.type) {
    case "action":
      if (step.approval) return beginApprovedAction(execution, planned, step, step.approval);
      return performStep(execution, planned);
    case "verify":
      return performStep(execution, planned);
    case "approval":
      return beginApprovalStep(execution, planned, step);
    case "manual":
      return openManualStep(execution, planned, step);
    case "decision":
      return beginDecision(execution, planned, step);
    case "parallel":
      return beginParallel(execution, planned);
    case "for-each":
      return beginForEach(execution, planned, step);
    case "wait":
      return beginWait(execution, planned, step);
    case "sub-playbook":
      return beginSubPlaybook(execution, planned, step);
    default:
      return step satisfies never;
  }
}

async function failCondition(execution: Execution, planned: PlannedStep, message: string): Promise<void> {
  const result = { state: "failed", reason: "condition_failed", message, output: {}, mayRetry: false } as const;
  await endStep(execution, planned, result);
}

/** A step that was running when its executor died: again if that does no harm, else a person decides. */
async function recoverStep(execution: Execution, planned: PlannedStep): Promise<void> {
  const { attempts } = recordOf(execution, planned.id);
  if (mayRepeat(execution, planned) && attempts <= planned.retries + DEATHS_MAX) await performStep(execution, planned);
  else await interruptStep(execution, planned);
}

function mayRepeat({ ctx }: Execution, { step }: PlannedStep): boolean {
  if (step.type !== "action") return true;
  return ctx.effectors.get(step.effector)?.idempotent ?? false;
}

async function interruptStep(execution: Execution, planned: PlannedStep): Promise<void> {
  const { ctx } = execution;
  const known = recordOf(execution, planned.id);
  const needed = execution.books === null ? [] : neededOutputs(execution.books, planned.id);
  const tell = needed.length === 0 ? "" : ` Later steps read its ${needed.join(", ")}: say that too.`;
  const message = `Firebreak died while this step ran. Look whether it took effect, then say so or run it again.${tell}`;
  await inTransaction(ctx.database, async (trx) => {
    await writeStep(execution, trx, known, { state: "interrupted", reason: "interrupted", message });
    const story = { key: `${planned.id}:interrupted:${known.attempts}`, stepId: planned.id };
    await tellStory(execution, trx, {
      ...story,
      text: `${planned.step.title}: interrupted — ${message}`,
      data: { state: "interrupted" },
    });
  });
  void tellLive(execution);
  noteStep(execution, known, { state: "interrupted", reason: "interrupted" });
}
