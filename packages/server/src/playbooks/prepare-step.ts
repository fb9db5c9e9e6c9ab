import type { EffectorOutput } from "../containment/index.ts";
import type { CallOutcome } from "./call-outcome.ts";
import { evaluateCondition } from "./conditions.ts";
import { effectorContext, plannedOf, recordOf } from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { ActionStep, VerifyStep } from "./format.ts";
import type { PlannedStep } from "./plan.ts";
import { callWithSecrets, prepareCall, refuse } from "./prepare-call.ts";
import type { Refusal } from "./prepare-call.ts";
import { formatRowId, parseRowId } from "./row-id.ts";
import { scopeAt } from "./scope.ts";

/** A step that is ready to run, with its parameters as JSON text; or why it cannot run. */
export type Preparation =
  | {
      readonly ok: true;
      readonly input: Readonly<Record<string, unknown>>;
      readonly inputJson: string;
      readonly call: (signal: AbortSignal) => Promise<CallOutcome>;
    }
  | Refusal;

export function prepareStep(execution: Execution, planned: PlannedStep): Preparation {
  const { step } = planned;
  switch (step.type) {
    case "action":
      return prepareAction(execution, planned.id, step);
    case "verify":
      return prepareVerify(execution, planned.id, step);
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

function prepareAction(execution: Execution, rowId: string, step: ActionStep): Preparation {
  const record = recordOf(execution, rowId);
  const prepared = prepareCall(execution, rowId, step, record.attempts > 0 ? record.input : undefined);
  if (!prepared.ok) return prepared;
  const { effector, input, inputJson } = prepared;
  const call = { effector, input, template: step.with };
  return {
    ok: true,
    input,
    inputJson,
    call: (signal) =>
      callWithSecrets(execution, rowId, call, effectorContext(execution, rowId, signal), (one, ctx, parameters) =>
        one.apply(ctx, parameters),
      ),
  };
}

function prepareVerify(execution: Execution, rowId: string, step: VerifyStep): Preparation {
  if (step.of !== undefined) return prepareVerifyOf(execution, rowId, step.of);
  if (step.probe !== undefined) return prepareProbed(execution, rowId, step.probe, step.expect);
  const { expect } = step;
  if (expect === undefined) return refuse("unverified", "nothing_to_verify", "the step names nothing to verify");
  const call = async () => judge(execution, rowId, expect, {}, "");
  return { ok: true, input: { expect }, inputJson: JSON.stringify({ expect }), call };
}

function prepareVerifyOf(execution: Execution, rowId: string, of: string): Preparation {
  const target = formatRowId({ ...parseRowId(rowId), id: of });
  const { step } = plannedOf(execution, target);
  const record = recordOf(execution, target);
  const effector = step.type === "action" ? execution.ctx.effectors.get(step.effector) : undefined;
  if (!effector || record.attempts === 0) {
    return refuse("unverified", "nothing_to_verify", `the step ${of} has not acted, so there is nothing to verify`);
  }
  const input = { of };
  const call = { effector, input: record.input, template: step.type === "action" ? step.with : {} };
  return {
    ok: true,
    input,
    inputJson: JSON.stringify(input),
    call: (signal) =>
      callWithSecrets(execution, target, call, effectorContext(execution, target, signal), (one, ctx, parameters) =>
        one.verify(ctx, parameters, record.output),
      ),
  };
}

/** Reads something of the world; with a condition, what was read must fulfil it. */
function prepareProbed(
  execution: Execution,
  rowId: string,
  probe: NonNullable<VerifyStep["probe"]>,
  expect: string | undefined,
): Preparation {
  const prepared = prepareProbe(execution, rowId, probe);
  if (!prepared.ok) return { ...prepared, state: "unverified" };
  const { input, inputJson } = prepared;
  const call = async (signal: AbortSignal): Promise<CallOutcome> => {
    const outcome = await prepared.call(signal);
    if (!outcome.ok || expect === undefined) return outcome;
    return judge(execution, rowId, expect, outcome.output, outcome.message);
  };
  return { ok: true, input, inputJson, call };
}

/** What reads and changes nothing. */
export function prepareProbe(
  execution: Execution,
  rowId: string,
  probe: NonNullable<VerifyStep["probe"]>,
): Preparation {
  const prepared = prepareCall(execution, rowId, probe);
  if (!prepared.ok) return prepared;
  const { effector, input, inputJson } = prepared;
  const read = { effector, input, template: probe.with };
  const call = (signal: AbortSignal): Promise<CallOutcome> =>
    callWithSecrets(execution, rowId, read, effectorContext(execution, rowId, signal), (one, ctx, parameters) =>
      one.apply(ctx, parameters),
    );
  return { ok: true, input, inputJson, call };
}

function judge(
  execution: Execution,
  rowId: string,
  expect: string,
  output: EffectorOutput,
  message: string,
): CallOutcome {
  const truth = evaluateCondition(expect, { ...scopeAt(execution, rowId), output });
  if (!truth.ok) return { ok: false, reason: "condition_failed", message: truth.message, output };
  if (truth.holds) return { ok: true, output, message: message === "" ? "it holds" : message };
  return { ok: false, reason: "unverified", message: `it does not hold: ${expect}`, output };
}
