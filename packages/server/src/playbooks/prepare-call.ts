import type { Effector } from "../containment/index.ts";
import { toStoredJson } from "../storage/index.ts";
import type { Execution } from "./execution.ts";
import type { FailureState, StepReason } from "./reasons.ts";
import { resolveReferences } from "./references.ts";
import { scopeAt } from "./scope.ts";

/** Why a step cannot run. */
export interface Refusal {
  readonly ok: false;
  readonly state: FailureState;
  readonly reason: StepReason;
  readonly message: string;
}

export function refuse(state: FailureState, reason: StepReason, message: string): Refusal {
  return { ok: false, state, reason, message };
}

/** An effector and the parameters that it is called with. */
export interface PreparedCall {
  readonly ok: true;
  readonly effector: Effector;
  readonly input: Readonly<Record<string, unknown>>;
  readonly inputJson: string;
}

/**
 * Fills in the parameters of a step's effector and checks them.
 *
 * @param given the parameters as the file has them, or as the journal has them when the step has begun before
 */
export function prepareCall(
  execution: Execution,
  rowId: string,
  name: string,
  given: { readonly template: unknown } | { readonly begun: Readonly<Record<string, unknown>> },
): PreparedCall | Refusal {
  const effector = execution.ctx.effectors.get(name);
  if (!effector) return refuse("failed", "effector_missing", `nothing here provides the effector ${name}`);
  const resolution =
    "begun" in given
      ? { ok: true as const, value: given.begun }
      : resolveReferences(given.template, scopeAt(execution, rowId));
  if (!resolution.ok) {
    return refuse("failed", "unresolved_reference", `no value for ${resolution.missing.join(", ")}`);
  }
  const parsed = effector.parameters.safeParse(resolution.value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "parameters"}: ${issue.message}`);
    return refuse("failed", "invalid_parameters", `${name} refuses its parameters: ${issues.join("; ")}`);
  }
  const input = toRecord(resolution.value);
  const inputJson = toStoredJson(input);
  if (inputJson === null) return refuse("failed", "invalid_parameters", "the parameters are too large");
  return { ok: true, effector, input, inputJson };
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
