import type { Execution } from "../execution.ts";
import type { SubPlaybookStep } from "../format.ts";
import { messageOf } from "../../kernel/index.ts";
import type { PlannedStep } from "../plan.ts";
import { resolveReferences } from "../references.ts";
import { checkInputs } from "../request-run.ts";
import { scopeAt } from "../scope.ts";
import { recordBegin } from "./record-step.ts";
import type { StepNews } from "./record-step.ts";

/** Hands the inputs over; the steps of the other playbook are in the journal already. */
export async function beginSubPlaybook(
  execution: Execution,
  planned: PlannedStep,
  step: SubPlaybookStep,
): Promise<void> {
  await recordBegin(execution, planned, newsOf(execution, planned, step));
}

function newsOf(execution: Execution, planned: PlannedStep, step: SubPlaybookStep): StepNews {
  const called = execution.books?.called.get(step.playbook);
  if (!called) {
    const said = `the run has no playbook ${step.playbook}`;
    return { state: "failed", reason: "invalid_parameters", said };
  }
  const resolution = resolveReferences(step.inputs, scopeAt(execution, planned.id));
  if (!resolution.ok) {
    return { state: "failed", reason: "unresolved_reference", said: `no value for ${resolution.missing.join(", ")}` };
  }
  try {
    const input = checkInputs(called, Object.fromEntries(Object.entries(resolution.value ?? {})));
    return { state: "running", reason: null, said: called.title, input };
  } catch (error) {
    return { state: "failed", reason: "invalid_parameters", said: messageOf(error) };
  }
}
