import type { PlaybookDocument } from "./format.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing, warning } from "./problem.ts";
import type { Finding } from "./problem.ts";
import { findReferences } from "./references.ts";
import type { FoundReference } from "./references.ts";

/** References that lead nowhere, and inputs that nothing reads. */
export function lintReferences(document: PlaybookDocument, steps: readonly PlacedStep[]): Finding[] {
  const used = new Set<string>();
  const findings = steps.flatMap(({ step, path }, index) => {
    if (step.type !== "action") return [];
    return findReferences(step.with, [...path, "with"]).flatMap((reference) => {
      const name = inputNameOf(reference);
      if (name !== null) used.add(name);
      return lintReference(document, steps.slice(0, index), reference);
    });
  });
  const unused = Object.keys(document.inputs).filter((name) => !used.has(name));
  return [
    ...findings,
    ...unused.map((name) =>
      warning(["inputs", name], `no step uses the input ${name}`, `remove it, or use it as \${inputs.${name}}`),
    ),
  ];
}

function inputNameOf({ segment }: FoundReference): string | null {
  if (segment.kind !== "reference") return null;
  const [root, name] = segment.path;
  return root === "inputs" && name !== undefined ? name : null;
}

function lintReference(document: PlaybookDocument, earlier: readonly PlacedStep[], found: FoundReference): Finding[] {
  const { segment, at } = found;
  if (segment.kind === "malformed") {
    return [
      failing(
        at,
        `${segment.text} is no reference`,
        "write ${inputs.name}, ${steps.id.output.name}, or $${ for a plain ${",
      ),
    ];
  }
  const [root, name = ""] = segment.path;
  const text = `\${${segment.path.join(".")}}`;
  if (root === "inputs") return lintInput(document, name, text, found);
  if (root === "steps") return lintStepOutput(earlier, segment.path, text, at);
  const known = root === "run" || root === "incident";
  if (known && segment.path.length === 2 && name === "id") return [];
  const remedy = known ? `write \${${root}.id}` : "references begin with inputs, steps, run or incident";
  return [failing(at, `${text} leads nowhere`, remedy)];
}

function lintInput(document: PlaybookDocument, name: string, text: string, found: FoundReference): Finding[] {
  if (!Object.hasOwn(document.inputs, name)) {
    return [failing(found.at, `${text} names an input that is not declared`, `add ${name} under inputs`)];
  }
  const input = document.inputs[name];
  if (found.whole || input?.required || input?.default !== undefined) return [];
  return [
    failing(found.at, `${text} may be left out, and then the text has a hole`, `give the input ${name} a default`),
  ];
}

function lintStepOutput(
  earlier: readonly PlacedStep[],
  path: readonly string[],
  text: string,
  at: Finding["path"],
): Finding[] {
  const [, id, member] = path;
  const target = earlier.find((candidate) => candidate.step.id === id);
  if (target?.step.type !== "action") {
    return [failing(at, `${text} names no earlier action`, "refer to an action that stands before this step")];
  }
  if (member === "output" && path.length > 3) return [];
  return [failing(at, `${text} names no output`, `write \${steps.${target.step.id}.output.name}`)];
}
