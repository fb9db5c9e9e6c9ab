import type { PlaybookDocument } from "./format.ts";
import { placeSteps } from "./placed-step.ts";
import { warning } from "./problem.ts";
import type { Finding } from "./problem.ts";
import { findReferences } from "./references.ts";

/**
 * Calls of a playbook that locks its agent by itself, from where nobody takes that lock: the caller declares others, or does not
 * know the agent when it begins.
 */
export function lintCalledAgents(
  document: PlaybookDocument,
  documents: ReadonlyMap<string, PlaybookDocument>,
): Finding[] {
  return placeSteps(document).flatMap(({ step, path }) => {
    const called = step.type === "sub-playbook" ? documents.get(step.playbook) : undefined;
    if (step.type !== "sub-playbook" || called === undefined || called.locks.length > 0) return [];
    const agentId = step.inputs["agentId"] ?? called.inputs["agentId"]?.default;
    if (typeof agentId !== "string" || called.inputs["agentId"] === undefined) return [];
    const at = [...path, "playbook"];
    const isKnown = findReferences(agentId).every(
      ({ segment }) => segment.kind === "reference" && segment.path[0] === "inputs",
    );
    if (!isKnown) {
      const message = `${called.id} acts on an agent that is known only when the step begins: another run may act on it too`;
      return [warning(at, message, "give agentId as a text or as ${inputs.x}, or have a run of its own act on it")];
    }
    const lock = `agent:${agentId}`;
    if (document.locks.length === 0 || document.locks.includes(lock)) return [];
    const message = `${called.id} acts on “${lock}”, and the locks of this playbook do not name it`;
    return [warning(at, message, `add ${JSON.stringify(lock)} to the locks of this playbook`)];
  });
}
