import { CALLS_MAX, callsOf } from "./called-playbooks.ts";
import type { PlaybookDocument, SubPlaybookStep } from "./format.ts";
import { placeSteps } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { DocumentPath, Finding } from "./problem.ts";
import { findReferences, parseTemplate } from "./references.ts";

type Documents = ReadonlyMap<string, PlaybookDocument>;

/**
 * Calls of playbooks that are not there, that lead back to their caller or too deep, that get inputs they have not, or that
 * need locks which nobody takes.
 * Each says so where it stands; what calls a playbook with such a call is refused as well.
 */
export function lintCalls(document: PlaybookDocument, documents: Documents): Finding[] {
  const depths = callsOf(document).flatMap(({ playbook, path }): Finding[] => {
    const called = documents.get(playbook);
    if (!called) return [failing(path, `there is no playbook ${playbook} that may run`, "add it, or mend its errors")];
    const way = findTooLong(called, documents, [document.id]);
    if (way === null) return [];
    const isCircle = way.indexOf(way.at(-1) ?? "") < way.length - 1;
    const what = isCircle
      ? "playbooks that call each other never end"
      : `playbooks call each other ${CALLS_MAX} deep at most`;
    return [failing(path, `${what}: ${way.join(" → ")}`, "put the steps themselves in the place of one of the calls")];
  });
  return [...depths, ...lintInputs(document, documents), ...lintLocks(document, documents)];
}

/** @returns the way of calls that comes back to a playbook, or is too long; null when there is none */
function findTooLong(called: PlaybookDocument, documents: Documents, way: readonly string[]): readonly string[] | null {
  const here = [...way, called.id];
  if (way.includes(called.id) || way.length > CALLS_MAX) return here;
  for (const { playbook } of callsOf(called)) {
    const next = documents.get(playbook);
    const found = next ? findTooLong(next, documents, here) : null;
    if (found) return found;
  }
  return null;
}

function lintInputs(document: PlaybookDocument, documents: Documents): Finding[] {
  return placeSteps(document).flatMap(({ step, path }) => {
    const called = step.type === "sub-playbook" ? documents.get(step.playbook) : undefined;
    return step.type === "sub-playbook" && called ? lintInputsOf(step, [...path, "inputs"], called) : [];
  });
}

function lintInputsOf({ inputs }: SubPlaybookStep, path: DocumentPath, called: PlaybookDocument): Finding[] {
  const unknown = Object.keys(inputs).filter((name) => !Object.hasOwn(called.inputs, name));
  const missing = Object.entries(called.inputs).filter(
    ([name, input]) => input.required && input.default === undefined && !Object.hasOwn(inputs, name),
  );
  const remedy = `its inputs are: ${Object.keys(called.inputs).join(", ") || "none"}`;
  return [
    ...unknown.map((name) => failing([...path, name], `${called.id} has no input ${name}`, remedy)),
    ...missing.map(([name]) => failing(path, `${called.id} needs the input ${name}`, `add ${name} under inputs`)),
  ];
}

/** A run takes the locks of its own playbook, before anything runs: those that a called one declares must be among them. */
function lintLocks(document: PlaybookDocument, documents: Documents): Finding[] {
  return placeSteps(document).flatMap(({ step, path }) => {
    const called = step.type === "sub-playbook" ? documents.get(step.playbook) : undefined;
    if (step.type !== "sub-playbook" || called === undefined) return [];
    const at = [...path, "playbook"];
    return called.locks.flatMap((lock): Finding[] => {
      const needed = inWordsOf(lock, step, called);
      if (needed === null) {
        const message = `${called.id} locks “${lock}”, which is known only when the step begins, and locks are taken before`;
        return [failing(at, message, "give the inputs of its lock as texts or as ${inputs.x}")];
      }
      if (document.locks.includes(needed)) return [];
      const message = `${called.id} acts under the lock “${needed}”, and this playbook does not take it`;
      return [failing(at, message, `add ${JSON.stringify(needed)} to the locks of this playbook`)];
    });
  });
}

/** @returns the lock with the caller's references in place of its inputs; null when they are not there at the start */
function inWordsOf(lock: string, { inputs }: SubPlaybookStep, called: PlaybookDocument): string | null {
  const words = parseTemplate(lock).map((segment) => {
    if (segment.kind === "text") return segment.text.replaceAll("${", "$${");
    if (segment.kind === "malformed") return null;
    const [root, name = ""] = segment.path;
    if (root !== "inputs") return `\${${segment.path.join(".")}}`;
    const given = Object.hasOwn(inputs, name) ? inputs[name] : called.inputs[name]?.default;
    if (typeof given !== "string" && typeof given !== "number") return null;
    const isKnown = findReferences(given).every(
      (found) => found.segment.kind === "reference" && found.segment.path[0] === "inputs",
    );
    return isKnown ? String(given) : null;
  });
  return words.every((word) => word !== null) ? words.join("") : null;
}
