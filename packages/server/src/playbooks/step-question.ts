import { recordOf } from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { ActionStep, ApprovalStep, Step } from "./format.ts";
import { listsWithin } from "./placed-step.ts";
import type { PlannedStep } from "./plan.ts";
import { fillProse } from "./prose.ts";
import { resolveReferences } from "./references.ts";
import { scopeAt } from "./scope.ts";
import { secretsAsReferences } from "./secrets.ts";

/** The kind of the questions that playbooks ask before a step. */
export const STEP_APPROVAL = "playbook.step";

/** What a yes to an action allows: this step of this run, with these parameters. Secrets are references. */
export function argumentsOfAction(
  { run }: Pick<Execution, "run">,
  rowId: string,
  { effector }: Pick<ActionStep, "effector">,
  parameters: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { runId: run.id, playbookHash: run.playbookHash, stepId: rowId, effector, parameters };
}

/** What a yes to an approval step allows: everything within it, with its parameters as far as they are known now. */
export function argumentsOfApproval(
  execution: Execution,
  planned: PlannedStep,
  step: ApprovalStep,
): Record<string, unknown> {
  const { run } = execution;
  const steps = actionsWithin(step).map(({ id, effector, with: template }) => ({
    stepId: id,
    effector,
    parameters: fillIn(execution, planned.id, template),
  }));
  return {
    runId: run.id,
    playbookHash: run.playbookHash,
    stepId: planned.id,
    question: questionOf(execution, planned, step),
    steps,
  };
}

/** What is approved, in the words that are shown. */
export function questionOf(execution: Execution, planned: PlannedStep, { question }: ApprovalStep): string {
  return fillProse(question, scopeAt(execution, planned.id));
}

/** @returns a line for each action that a yes lets act */
export function linesOfApproval(execution: Execution, planned: PlannedStep): string[] {
  const { step } = planned;
  return actionsWithin(step).map((action) => {
    const parameters = JSON.stringify(fillIn(execution, planned.id, action.with));
    const destroys = execution.ctx.effectors.get(action.effector)?.destroysEvidence ? "; destroys evidence" : "";
    return `${action.title}: ${action.effector} ${parameters}${destroys}`;
  });
}

function actionsWithin(step: Step): ActionStep[] {
  const within = listsWithin(step).flatMap(({ steps }) => [...steps]);
  return within.flatMap((one) => (one.type === "action" ? [one] : actionsWithin(one)));
}

/** What an earlier step within will find stays a reference: the text of the playbook says what it will be. */
function fillIn(execution: Execution, rowId: string, template: Readonly<Record<string, unknown>>): unknown {
  const scope = { ...scopeAt(execution, rowId), secrets: secretsAsReferences(template) };
  return Object.fromEntries(
    Object.entries(template).map(([name, value]) => {
      const resolution = resolveReferences(value, scope);
      return [name, resolution.ok ? (resolution.value ?? null) : value];
    }),
  );
}

/** @returns the use that an attempt makes of its approval: the same again after a crash */
export function useOf(execution: Execution, rowId: string): string {
  return `${execution.run.id}/${rowId}/${recordOf(execution, rowId).attempts}`;
}
