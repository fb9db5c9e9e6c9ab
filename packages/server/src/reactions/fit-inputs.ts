import type { LoadedPlaybook } from "../playbooks/index.ts";

const CHARACTERS_MAX = 4000;
/** Every playbook that a detection starts is given these, also one that does not ask for them. */
const ALWAYS_GIVEN: readonly string[] = ["agentId", "sessionId"];

/**
 * What a playbook takes of what an alert gives. What stands in an event may be anything: it must not keep a playbook from
 * starting that can do without it.
 */
export function fitInputs(
  document: Pick<LoadedPlaybook["document"], "inputs"> | undefined,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const fitting = Object.entries(given).flatMap(([name, value]): [string, unknown][] => {
    const input = document !== undefined && Object.hasOwn(document.inputs, name) ? document.inputs[name] : undefined;
    if (input === undefined) return ALWAYS_GIVEN.includes(name) ? [] : [[name, value]];
    if (input.type === "list" && typeof value === "string") return [[name, [value]]];
    if (input.type === "list" && Array.isArray(value)) return [[name, value]];
    if (typeof value === "number" || typeof value === "boolean")
      return [[name, input.type === "string" ? String(value) : value]];
    return typeof value === "string" && value.length <= CHARACTERS_MAX ? [[name, value]] : [];
  });
  return Object.fromEntries(fitting);
}
