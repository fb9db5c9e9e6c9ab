import type { EffectorOutcome } from "../containment/index.ts";
import { effectorContext, plannedOf, recordOf } from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { ActionStep, VerifyStep } from "./format.ts";
import type { StepRecord } from "./journal.ts";
import { toStoredJson } from "../storage/index.ts";
import type { PlannedStep } from "./plan.ts";
import type { FailureState, StepReason } from "./reasons.ts";
import { resolveReferences, toScopeInputs } from "./references.ts";
import type { Scope } from "./references.ts";

/** A step that is ready to run, with its parameters as JSON text; or why it cannot run. */
export type Preparation =
  | {
      readonly ok: true;
      readonly input: Readonly<Record<string, unknown>>;
      readonly inputJson: string;
      readonly call: (signal: AbortSignal) => Promise<EffectorOutcome>;
    }
  | { readonly ok: false; readonly state: FailureState; readonly reason: StepReason; readonly message: string };

export function prepareStep(execution: Execution, planned: PlannedStep): Preparation {
  const { step } = planned;
  switch (step.type) {
    case "action":
      return prepareAction(execution, step, recordOf(execution, step.id));
    case "verify":
      return prepareVerify(execution, step);
    case "manual":
    case "approval":
    case "decision":
    case "parallel":
    case "for-each":
    case "wait":
    case "sub-playbook":
      return refuse("failed", "effector_missing", `no effector does a ${step.type} step`);
    default:
      return step satisfies never;
  }
}

function refuse(state: FailureState, reason: StepReason, message: string): Preparation {
  return { ok: false, state, reason, message };
}

function prepareAction(execution: Execution, step: ActionStep, record: StepRecord): Preparation {
  const effector = execution.ctx.effectors.get(step.effector);
  if (!effector) return refuse("failed", "effector_missing", `nothing here provides the effector ${step.effector}`);
  // a step that has begun keeps the parameters it began with
  const resolution =
    record.attempts > 0 ? { ok: true as const, value: record.input } : resolveReferences(step.with, scopeOf(execution));
  if (!resolution.ok) {
    return refuse("failed", "unresolved_reference", `no value for ${resolution.missing.join(", ")}`);
  }
  const parsed = effector.parameters.safeParse(resolution.value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "parameters"}: ${issue.message}`);
    return refuse("failed", "invalid_parameters", `${step.effector} refuses its parameters: ${issues.join("; ")}`);
  }
  const input = toRecord(resolution.value);
  const inputJson = toStoredJson(input);
  if (inputJson === null) return refuse("failed", "invalid_parameters", "the parameters are too large");
  return {
    ok: true,
    input,
    inputJson,
    call: (signal) => effector.apply(effectorContext(execution, step.id, signal), input),
  };
}

function prepareVerify(execution: Execution, step: VerifyStep): Preparation {
  const { of } = step;
  if (of === undefined) return refuse("unverified", "nothing_to_verify", "the step names no action");
  const target = plannedOf(execution, of).step;
  const record = recordOf(execution, of);
  const effector = target.type === "action" ? execution.ctx.effectors.get(target.effector) : undefined;
  if (!effector || record.attempts === 0) {
    return refuse("unverified", "nothing_to_verify", `the step ${of} has not acted, so there is nothing to verify`);
  }
  const input = { of };
  return {
    ok: true,
    input,
    inputJson: JSON.stringify(input),
    call: (signal) => effector.verify(effectorContext(execution, of, signal), record.input, record.output),
  };
}

function scopeOf(execution: Execution): Scope {
  const { run } = execution;
  const steps = [...execution.steps.values()].map((record) => [record.stepId, { output: record.output }] as const);
  return {
    inputs: toScopeInputs(run.inputs),
    steps: Object.fromEntries(steps),
    run: { id: run.id },
    incident: { id: run.incidentId },
  };
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
