import type { Actor } from "@firebreak/protocol";
import { changeSeverityWithin } from "../../incidents/index.ts";
import { toIso } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import { evaluateCondition } from "../conditions.ts";
import type { Execution } from "../execution.ts";
import { noteStep, recordOf } from "../execution.ts";
import type { DecisionOption, DecisionStep } from "../format.ts";
import { skipSteps } from "../journal.ts";
import type { PlannedStep } from "../plan.ts";
import { scopeAt } from "../scope.ts";
import { recordBegin } from "./record-step.ts";
import type { StepNews } from "./record-step.ts";

/** The first option whose condition is true is taken, else the one for otherwise; else a person answers. */
export async function beginDecision(execution: Execution, planned: PlannedStep, step: DecisionStep): Promise<void> {
  const choice = chooseByMachine(execution, planned.id, step);
  if (choice.option === null) {
    await askPerson(execution, planned, step, choice.problem);
    return;
  }
  const { option } = choice;
  let skipped: string[] = [];
  await recordBegin(execution, planned, newsOfChoice(step, option, null), async (trx) => {
    skipped = await carryOutChoice(trx, execution.ctx, execution, planned.id, option);
  });
  for (const stepId of skipped) {
    noteStep(execution, recordOf(execution, stepId), { state: "skipped", reason: "not_chosen" });
  }
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
    question: step.question,
    options: step.options.map(({ id, label }) => ({ id, label })),
    dueAt,
  };
  const asked = `waits for a person until ${dueAt}`;
  const said = problem === null ? asked : `${asked}, because it cannot be told by itself: ${problem}`;
  await recordBegin(execution, planned, { state: "waiting", reason: "waiting_for_person", said, input });
}

/** What is written of a decision that was taken, by a person when one is named. */
export function newsOfChoice(step: DecisionStep, option: DecisionOption, by: Actor | null): StepNews {
  const hasSteps = (option.steps ?? []).length > 0;
  return {
    state: hasSteps ? "running" : "succeeded",
    reason: by === null ? null : "done_by_person",
    said: `${option.label}${by === null ? "" : `, says ${by.name}`}`,
    output: { option: option.id, by: by?.name ?? null, question: step.question },
  };
}

/**
 * What follows from a choice, in its transaction: steps of other options are left out, and the incident gets the option's
 * severity.
 *
 * @returns the rows that were left out
 */
export async function carryOutChoice(
  trx: Trx,
  ctx: Omit<Parameters<typeof changeSeverityWithin>[1], "actor">,
  { run, actor }: { readonly run: { readonly id: string; readonly incidentId: string | null }; readonly actor: Actor },
  rowId: string,
  option: DecisionOption,
): Promise<string[]> {
  if (option.severity !== undefined && run.incidentId !== null) {
    const reason = `decided: ${option.label}`;
    await changeSeverityWithin(trx, { ...ctx, actor }, { id: run.incidentId, severity: option.severity, reason });
  }
  const others = { within: rowId, exceptSlot: option.id };
  return skipSteps(trx, run.id, others, "not_chosen", ctx.clock.now());
}
