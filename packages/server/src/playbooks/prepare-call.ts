import { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome } from "../containment/index.ts";
import { messageOf } from "../kernel/index.ts";
import { toStoredJson } from "../storage/index.ts";
import type { Execution } from "./execution.ts";
import type { CallOutcome } from "./call-outcome.ts";
import type { FailureState, StepReason } from "./reasons.ts";
import { resolveReferences } from "./references.ts";
import { scopeAt } from "./scope.ts";
import { revealSecrets, secretNames, secretsAsReferences } from "./secrets.ts";

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

/** An effector and the parameters that it is called with, as they are written down: secrets are references. */
export interface PreparedCall {
  readonly ok: true;
  readonly effector: Effector;
  readonly input: Readonly<Record<string, unknown>>;
  readonly inputJson: string;
}

/**
 * Fills in the parameters of a step's effector and checks them.
 *
 * @param begun the parameters that the journal has, of a step that has begun before: it keeps them
 */
export function prepareCall(
  execution: Execution,
  rowId: string,
  { effector: name, with: template }: { readonly effector: string; readonly with: unknown },
  begun?: Readonly<Record<string, unknown>>,
): PreparedCall | Refusal {
  const effector = execution.ctx.effectors.get(name);
  if (!effector) return refuse("failed", "effector_missing", `nothing here provides the effector ${name}`);
  const scope = { ...scopeAt(execution, rowId), secrets: secretsAsReferences(template) };
  const resolution = begun ? { ok: true as const, value: begun } : resolveReferences(template, scope);
  if (!resolution.ok) {
    const missing = resolution.missing.map((path) => `${path}${whyMissing(scopeAt(execution, rowId), path)}`);
    return refuse("failed", "unresolved_reference", `no value for ${missing.join(", ")}`);
  }
  // what a secret is, the effector sees when it is called
  const problem = secretNames(template).length > 0 ? null : findProblem(effector, resolution.value);
  if (problem !== null) return refuse("failed", "invalid_parameters", problem);
  const input = toRecord(resolution.value);
  const inputJson = toStoredJson(input);
  if (inputJson === null) return refuse("failed", "invalid_parameters", "the parameters are too large");
  return { ok: true, effector, input, inputJson };
}

/** Why an earlier step left no output, in brackets; nothing when it did, or when it is no step's. */
function whyMissing({ steps }: { readonly steps?: unknown }, path: string): string {
  const [root, id = ""] = path.split(".");
  if (root !== "steps") return "";
  const found = earlierStep.safeParse(steps).data?.[id];
  return found === undefined || found.state === "succeeded"
    ? ""
    : ` (the step ${id} is ${found.state.replace("_", " ")})`;
}

const earlierStep = z.record(z.string(), z.object({ state: z.string() }));

function findProblem(effector: Effector, parameters: unknown): string | null {
  const parsed = effector.parameters.safeParse(parameters);
  if (parsed.success) return null;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "parameters"}: ${issue.message}`);
  return `${effector.name} refuses its parameters: ${issues.join("; ")}`;
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

type Verb = (effector: Effector, ctx: EffectorContext, parameters: unknown) => Promise<EffectorOutcome>;

/** Calls an effector with the values of secrets in its parameters; nothing that comes back holds them. */
export async function callWithSecrets(
  execution: Execution,
  rowId: string,
  call: { readonly effector: Effector; readonly input: unknown; readonly template: unknown },
  ctx: EffectorContext,
  verb: Verb,
): Promise<CallOutcome> {
  const { effector, input, template } = call;
  if (secretNames(template).length === 0) return verb(effector, ctx, input);
  const revealed = await revealSecrets(template, scopeAt(execution, rowId), execution.ctx.readSecret);
  if (!revealed.ok) return { ok: false, reason: "secret_missing", message: revealed.message };
  const { parameters, hide } = revealed;
  const problem = findProblem(effector, parameters);
  if (problem !== null) return hide({ ok: false, reason: "invalid_parameters", message: problem });
  try {
    return hide(await verb(effector, ctx, parameters));
  } catch (error) {
    return hide({ ok: false, reason: "effector_threw", message: messageOf(error) });
  }
}
