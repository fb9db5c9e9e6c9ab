import { toIso } from "../../kernel/index.ts";
import { evaluateCondition } from "../conditions.ts";
import type { Execution } from "../execution.ts";
import { injectFault, noteStep, recordOf, tellLive } from "../execution.ts";
import type { DecisionOption, DecisionStep } from "../format.ts";
import type { PlannedStep } from "../plan.ts";
import { fillProse } from "../prose.ts";
import { scopeAt } from "../scope.ts";
import { askedInput } from "../waiting-step.ts";
import { carryOutChoice, newsOfChoice } from "./choice.ts";
import { inTransaction } from "../../storage/index.ts";
import { recordBegin, writeBegin } from "./record-step.ts";

/** The first option whose condition is true is taken, else the one for otherwise; else a person answers. */
export async function beginDecision(execution: Execution, planned: PlannedStep, step: DecisionStep): Promise<void> {
  const choice = chooseByMachine(execution, planned.id, step);
  if (choice.option === null) {
    await askPerson(execution, planned, step, choice.problem);
    return;
  }
  const { option } = choice;
  injectFault(execution, "step.before_begin", planned.id);
  const known = recordOf(execution, planned.id);
  const { noted, skipped } = await inTransaction(execution.ctx.database, async (trx) => ({
    noted: await writeBegin(execution, trx, planned, newsOfChoice(step, option, null)),
    skipped: await carryOutChoice(trx, execution.ctx, execution, planned.id, option),
  }));
  void tellLive(execution);
  noteStep(execution, known, noted);
  for (const stepId of skipped) {
    noteStep(execution, recordOf(execution, stepId), { state: "skipped", reason: "not_chosen" });
  }
  injectFault(execution, "step.begun", planned.id);
}

interface Choice {
  readonly option: DecisionOption | null;
  /** why the machine could not tell: then nothing is taken for false, and a person is asked */
  readonly problem: string | null;
}

function chooseByMachine(execution: Execution, rowId: string, { options, otherwise }: DecisionStep): Choice {
  const scope = scopeAt(execution, rowId);
  for (const option of options) {
    if (option.when === undefined) continue;
    const truth = evaluateCondition(option.when, scope);
    if (!truth.ok) return { option: null, problem: truth.message };
    if (truth.holds) return { option, problem: null };
  }
  return { option: options.find(({ id }) => id === otherwise) ?? null, problem: null };
}

async function askPerson(
  execution: Execution,
  planned: PlannedStep,
  step: DecisionStep,
  problem: string | null,
): Promise<void> {
  const now = execution.ctx.clock.now();
  const dueAt = toIso(now + planned.timeBoxMs);
  const input = {
    question: fillProse(step.question, scopeAt(execution, planned.id)),
    options: step.options.map(({ id, label }) => ({ id, label })),
    dueAt,
    ...askedInput(planned.asks, now),
  };
  const asked = `waits for ${planned.asks?.role?.title ?? "a person"} until ${dueAt}`;
  const said = problem === null ? asked : `${asked}, because it cannot be told by itself: ${problem}`;
  await recordBegin(execution, planned, { state: "waiting", reason: "waiting_for_person", said, input });
}
