import type { PlaybookDocument } from "./format.ts";
import { resolveReferences } from "./references.ts";

/** The inputs of a called playbook before anything has run: those that depend on what steps find are not there yet. */
export function inputsOfCall(
  called: PlaybookDocument,
  given: Readonly<Record<string, unknown>>,
  scope: object,
): Readonly<Record<string, unknown>> {
  const inputs = Object.entries(called.inputs).flatMap(([name, input]) => {
    const resolution = Object.hasOwn(given, name) ? resolveReferences(given[name], scope) : null;
    if (resolution === null) return [[name, input.default]] as const;
    return resolution.ok ? ([[name, resolution.value]] as const) : [];
  });
  return Object.fromEntries(inputs);
}
