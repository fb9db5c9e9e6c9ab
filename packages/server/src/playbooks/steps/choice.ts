import type { Actor } from "@firebreak/protocol";
import { changeSeverityWithin } from "../../incidents/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { DecisionOption, DecisionStep } from "../format.ts";
import { skipSteps } from "../end-steps-within.ts";
import type { RunRecord, StepChange, StepRecord } from "../journal.ts";
import { openBooks } from "../run-books.ts";
import type { StepNews } from "./record-step.ts";

/** A decision and what was chosen. */
interface Choice {
  readonly step: DecisionStep;
  readonly option: DecisionOption;
}

/**
 * @returns what a person decided, or null when the answer is to something else than a waiting decision
 * @throws FirebreakError invalid_body when an option is missing, unknown or not asked for
 */
export function readChoice(
  run: RunRecord,
  known: StepRecord,
  answer: { readonly result: string; readonly option?: string | undefined },
): Choice | null {
  const step = openBooks(run)?.find(known.stepId)?.step;
  if (step?.type !== "decision" || known.state !== "waiting") {
    if (answer.option === undefined) return null;
    throw new FirebreakError("invalid_body", `step ${known.stepId} asks for no decision; leave out the option`);
  }
  if (answer.result !== "done") return null;
  const option = step.options.find(({ id }) => id === answer.option);
  if (option) return { step, option };
  const ids = step.options.map(({ id }) => id).join(", ");
  throw new FirebreakError("invalid_body", `step ${known.stepId} asks for a decision; give one option of: ${ids}`);
}

export function changeForChoice(choice: Choice, by: Actor): StepChange {
  const { state, reason, output } = newsOfChoice(choice.step, choice.option, by);
  return { state, reason, output: JSON.stringify(output) };
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
