import type { EffectorOutput } from "../containment/index.ts";
import type { ReadSecret } from "../kernel/index.ts";
import type { CallOutcome } from "./call-outcome.ts";
import { findReferences, resolveReferences } from "./references.ts";
import type { StepScope } from "./scope.ts";

/** Shorter ones are not hidden in outputs: a digit or two stands in many a text by chance. */
const HIDDEN_CHARACTERS_MIN = 4;

/** @returns the names of the secrets that a step's parameters refer to */
export function secretNames(template: unknown): string[] {
  const names = findReferences(template).flatMap(({ segment }) =>
    segment.kind === "reference" && segment.path[0] === "secrets" ? [segment.path.slice(1).join(".")] : [],
  );
  return [...new Set(names)];
}

/** What stands for secrets wherever something is written down or shown: their references. */
export function secretsAsReferences(template: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(secretNames(template).map((name) => [name, `\${secrets.${name}}`]));
}

export type Revealed =
  | { readonly ok: true; readonly parameters: unknown; readonly hide: (outcome: CallOutcome) => CallOutcome }
  | { readonly ok: false; readonly message: string };

/**
 * Fills a step's parameters in with the values of its secrets, for the call of its effector and nothing else. Only what
 * the playbook's text names is read: a reference that came in by an input is a text.
 */
export async function revealSecrets(template: unknown, scope: StepScope, readSecret: ReadSecret): Promise<Revealed> {
  const values = new Map<string, string>();
  for (const name of secretNames(template)) {
    const value = await readSecret(name);
    if (value === undefined) {
      return {
        ok: false,
        message: `there is no secret ${name}: set it in the environment or as a file in <home>/secrets`,
      };
    }
    values.set(name, value);
  }
  const resolution = resolveReferences(template, { ...scope, secrets: Object.fromEntries(values) });
  if (!resolution.ok) return { ok: false, message: `no value for ${resolution.missing.join(", ")}` };
  return { ok: true, parameters: resolution.value, hide: (outcome) => hideIn(outcome, values) };
}

function hideIn(outcome: CallOutcome, values: ReadonlyMap<string, string>): CallOutcome {
  const hide = makeHide(values);
  const { output } = outcome;
  const hidden = { ...outcome, message: hide(outcome.message) };
  return output === undefined ? hidden : { ...hidden, output: hideInOutput(output, hide) };
}

/** @returns a text with its references in the place of secrets, also as they stand in URLs and Base64 */
export function makeHide(values: ReadonlyMap<string, string>): (text: string) => string {
  const pairs = [...values]
    .filter(([, value]) => value.length >= HIDDEN_CHARACTERS_MIN)
    .flatMap(([name, value]) =>
      [value, encodeURIComponent(value), Buffer.from(value).toString("base64")].map((form) => ({ name, form })),
    )
    .toSorted((one, other) => other.form.length - one.form.length);
  return (text) => pairs.reduce((said, { name, form }) => said.replaceAll(form, () => `\${secrets.${name}}`), text);
}

function hideInOutput(output: EffectorOutput, hide: (text: string) => string): EffectorOutput {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return hide(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [hide(key), walk(member)]));
  };
  return Object.fromEntries(Object.entries(output).map(([key, member]) => [hide(key), walk(member)]));
}
